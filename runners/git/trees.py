"""Commits as folders, each unpacked once from our own archive and never written to again."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from bot.errors import Hiccup
from runners.git.archive import OWNER

UNPACK_TIMEOUT_S = 300


@dataclass(frozen=True)
class Trees:
    """As many bytes of them as are allowed; those not used for the longest time go first."""

    folder: Path
    max_bytes: int

    @contextmanager
    def held(self, name: str, archive: IO[bytes]) -> Iterator[Path]:
        """The folder of this commit. It stays as long as the block goes, whoever makes room."""
        place = self.folder / name
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _lock(place, fcntl.LOCK_SH) as lock:
            if not place.is_dir():
                _unpack(archive, place)
                os.ftruncate(lock, 0)
                os.pwrite(lock, str(os.fstat(archive.fileno()).st_size).encode(), 0)
            os.utime(lock)
            self._make_room()
            yield place

    def clear_drafts(self) -> None:
        """Remove what killed processes have begun to unpack."""
        for draft in self.folder.glob("*/.*"):
            with suppress(FileNotFoundError):
                if time.time() - draft.stat().st_ctime > 2 * UNPACK_TIMEOUT_S:
                    shutil.rmtree(draft, ignore_errors=True)

    def _make_room(self) -> None:
        locks = sorted(self.folder.glob("*/*.lock"), key=_used)
        sizes = {lock: _size(lock) for lock in locks}
        total = sum(sizes.values())
        for lock in locks:
            if total <= self.max_bytes:
                return
            if sizes[lock] and _remove(lock):
                total -= sizes[lock]


@contextmanager
def _lock(place: Path, kind: int) -> Iterator[int]:
    lock = os.open(place.with_suffix(".lock"), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, kind)
        yield lock
    finally:
        os.close(lock)


def _unpack(archive: IO[bytes], place: Path) -> None:
    """It appears whole or not at all. Two who do it at once make the same."""
    draft = place.with_name(f".{place.name}.{secrets.token_hex(4)}")
    draft.mkdir(mode=0o755)
    try:
        os.chown(draft, OWNER, OWNER)
        archive.seek(0)
        told = subprocess.run(
            ["tar", "-xf", "-"],
            cwd=draft,
            user=OWNER,  # so that folders, which no archive of ours names, are theirs who work in them
            group=OWNER,
            extra_groups=(),
            stdin=archive,
            capture_output=True,
            text=True,
            check=False,
            timeout=UNPACK_TIMEOUT_S,
        )
        if told.returncode != 0:
            raise Hiccup(f"A commit could not be unpacked: {told.stderr.strip()[-300:]}")
        with suppress(OSError):  # somebody else was faster
            draft.rename(place)
    except subprocess.TimeoutExpired:
        raise Hiccup("A commit could not be unpacked in time.") from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _remove(lock: Path) -> bool:
    """False when it is in use."""
    held = os.open(lock, os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(lock.with_suffix(""), ignore_errors=True)
        os.ftruncate(held, 0)
    except BlockingIOError:
        return False
    finally:
        os.close(held)
    return True


def _size(lock: Path) -> int:
    said = lock.read_text()
    return int(said) if said.isdecimal() else 0


def _used(lock: Path) -> float:
    return lock.stat().st_mtime
