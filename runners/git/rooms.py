"""Rooms: temporary folders in a mirror that are known to be left behind as soon as their owner is dead."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = "room-"
JUST_MADE_S = 10.0  # a room is made a moment before it is locked


@contextmanager
def room(mirror: Path) -> Iterator[Path]:
    """An empty folder, gone afterwards. While it is used it is locked, and a lock dies with its process."""
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir=mirror) as name:
        held = os.open(name, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield Path(name)
        finally:
            os.close(held)


def clear_rooms(mirror: Path) -> None:
    """Remove the rooms that nobody is in any more."""
    for place in mirror.glob(f"{PREFIX}*"):
        with suppress(FileNotFoundError):
            if time.time() - place.stat().st_mtime > JUST_MADE_S and _is_empty_of_people(place):
                shutil.rmtree(place, ignore_errors=True)


def _is_empty_of_people(place: Path) -> bool:
    held = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    else:
        return True
    finally:
        os.close(held)
