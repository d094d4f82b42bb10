"""The files of an earlier attempt, put over the commit in a box: removed is removed, written is written."""

from __future__ import annotations

import io
import tarfile
import tempfile
import time
from collections.abc import Iterable

from bot.errors import Hiccup
from bot.limits import Limits
from bot.ports import Changes, FileChange, FileMode
from runners.docker.engine import Engine, Gone
from runners.docker.execution import Execution, Quiet, Request
from runners.docker.filling import fill
from runners.docker.frames import Piece
from runners.docker.profile import WORKSPACE

REMOVE_TIMEOUT_S = 60.0
_REMOVE = ("sh", "-c", f"cd {WORKSPACE} && exec xargs -0 rm -f --")


def restore(engine: Engine, container: str, changes: Changes, limits: Limits) -> None:
    """The work tree is as those changes describe it. Hiccup when the box does not take them."""
    gone = [each.path for each in changes.files if each.content is None]
    if gone:
        _remove(engine, container, gone)
    with tempfile.TemporaryFile() as archive:
        with tarfile.open(
            fileobj=archive, mode="w", format=tarfile.GNU_FORMAT, encoding="utf-8", errors="surrogateescape"
        ) as tar:
            for change in changes.files:
                _add(tar, change)
        archive.seek(0)
        fill(engine, container, archive, limits)


def _add(tar: tarfile.TarFile, change: FileChange) -> None:
    if change.content is None:
        return
    entry = tarfile.TarInfo(f"./{change.path}")
    if change.mode is FileMode.SYMLINK:
        entry.type, entry.linkname = tarfile.SYMTYPE, change.content.decode("utf-8", "surrogateescape")
        tar.addfile(entry)
        return
    entry.size = len(change.content)
    entry.mode = 0o755 if change.mode is FileMode.EXECUTABLE else 0o644
    tar.addfile(entry, io.BytesIO(change.content))


def _remove(engine: Engine, container: str, paths: Iterable[str]) -> None:
    names = b"".join(path.encode("utf-8", "surrogateescape") + b"\0" for path in paths)
    try:
        with Execution(engine, container, Request(_REMOVE, {}, iter([names]))) as execution:
            deadline = time.monotonic() + REMOVE_TIMEOUT_S
            quiet = execution.pump(_ignore, deadline=deadline, called_off=lambda: False)
            code = execution.code() if quiet is Quiet.ENDED else None
    except Gone as gone:
        raise Hiccup("The box went away while the files of the last attempt were put into it.") from gone
    if code != 0:
        raise Hiccup("The files of the last attempt could not be put into the box.")


def _ignore(pieces: Iterable[Piece]) -> None:
    for _ in pieces:
        pass
