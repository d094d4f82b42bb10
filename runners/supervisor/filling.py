"""Putting a work tree into a box before its first step: by the keeper, in which no step ever runs."""

from __future__ import annotations

import io
import os
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from typing import IO

from bot.errors import Hiccup, UserError
from bot.limits import Limits
from bot.ports import Changes, FileChange, FileMode, Stream
from runners.supervisor.conversation import Conversation, LostError, Piece, cut
from runners.supervisor.inside import WORKSPACE
from runners.supervisor.protocol import CHUNK, End, How, Start

FILL_TIMEOUT_S = 300.0
REMOVE_TIMEOUT_S = 60.0
MIB = 1024 * 1024
_REMOVE = ("xargs", "-0", "rm", "-f", "--")


def fill(keeper: Conversation, archive: IO[bytes], limits: Limits) -> None:
    """Unpack the archive into the workspace. UserError when it does not fit."""
    size = os.fstat(archive.fileno()).st_size
    check_size(size, limits)
    said = unpack(keeper, archive, WORKSPACE)
    if not said:
        return
    if ran_full(said):
        raise _too_large(size, limits)
    raise Hiccup(f"The repository could not be copied into the box: {said[-300:]}")


def unpack(keeper: Conversation, archive: IO[bytes], folder: str) -> str:
    """Why it could not be unpacked there; "" when it was."""
    argv = ("tar", "-xof", "-", "-C", folder)
    end, said = _do(keeper, argv, iter(lambda: archive.read(CHUNK), b""), FILL_TIMEOUT_S)
    return "" if end.how is How.EXITED and end.value == 0 else said or "It took too long."


def ran_full(said: str) -> bool:
    """Whether that is why tar stopped."""
    return "No space left" in said or "Wrote only" in said


def check_size(size: int, limits: Limits) -> None:
    """UserError when an archive of so many bytes does not fit into a workspace."""
    if size > limits.workspace_mb * MIB:
        raise _too_large(size, limits)


def restore(keeper: Conversation, changes: Changes, limits: Limits) -> None:
    """The files of an earlier attempt over the commit. Hiccup when the box does not take them."""
    gone = [each.path for each in changes.files if each.content is None]
    if gone:
        names = b"".join(path.encode("utf-8", "surrogateescape") + b"\0" for path in gone)
        end, _ = _do(keeper, _REMOVE, cut(names), REMOVE_TIMEOUT_S)
        if end.how is not How.EXITED or end.value != 0:
            raise Hiccup("The files of the last attempt could not be put into the box.")
    with tempfile.TemporaryFile() as archive:
        with tarfile.open(
            fileobj=archive, mode="w", format=tarfile.GNU_FORMAT, encoding="utf-8", errors="surrogateescape"
        ) as tar:
            for change in changes.files:
                _add(tar, change)
        archive.seek(0)
        fill(keeper, archive, limits)


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


def _do(
    keeper: Conversation, argv: tuple[str, ...], stdin: Iterator[bytes], timeout_s: float
) -> tuple[End, str]:
    """How it ended, and the beginning of what it complained about."""
    complaints = bytearray()

    def listen(pieces: Iterable[Piece]) -> None:
        for stream, piece in pieces:
            if stream is Stream.ERR and len(complaints) < 2000:
                complaints.extend(piece)

    try:
        end = keeper.perform(Start(argv, WORKSPACE, {}, timeout_s), listen, stdin=stdin)
    except LostError as gone:
        raise Hiccup("The box went away while the repository was copied into it.") from gone
    return end, complaints.decode(errors="replace").strip()


def _too_large(size: int, limits: Limits) -> UserError:
    return UserError(
        f"The repository needs {size // MIB} MiB, and a workspace may have {limits.workspace_mb} MiB. "
        "Raise `workspace_mb` in the configuration, or ask the operator to."
    )
