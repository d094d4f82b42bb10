"""Putting a commit into a box: a tar over the stdin of an exec, unpacked by the box's own user."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from typing import IO

from bot.errors import Hiccup, UserError
from bot.limits import Limits
from bot.ports import Stream
from runners.docker.engine import Engine, Gone
from runners.docker.execution import Execution, Quiet, Request
from runners.docker.frames import Piece
from runners.docker.profile import MIB, WORKSPACE

FILL_TIMEOUT_S = 300.0
CHUNK = 256 * 1024
NOT_FOUND = (126, 127)


def fill(engine: Engine, container: str, archive: IO[bytes], limits: Limits) -> None:
    """Unpack the archive into the workspace. UserError when it does not fit."""
    size = os.fstat(archive.fileno()).st_size
    if size > limits.workspace_mb * MIB:
        raise _too_large(size, limits)
    complaints = bytearray()

    def listen(pieces: Iterable[Piece]) -> None:
        for stream, piece in pieces:
            if stream is Stream.ERR and len(complaints) < 2000:
                complaints.extend(piece)

    request = Request(("tar", "-xof", "-", "-C", WORKSPACE), {}, _chunks(archive))
    try:
        with Execution(engine, container, request) as execution:
            deadline = time.monotonic() + FILL_TIMEOUT_S
            quiet = execution.pump(listen, deadline=deadline, called_off=lambda: False)
            code = execution.code() if quiet is Quiet.ENDED else None
    except Gone as gone:
        raise Hiccup("The box went away while the repository was copied into it.") from gone
    if code == 0:
        return
    said = complaints.decode(errors="replace").strip()
    if "No space left" in said:
        raise _too_large(size, limits)
    if code in NOT_FOUND:
        raise UserError("The sandbox image has no `tar`, so the repository cannot be put into it. Add `tar`.")
    raise Hiccup(f"The repository could not be copied into the box: {said[-300:] or 'it took too long.'}")


def _too_large(size: int, limits: Limits) -> UserError:
    return UserError(
        f"The repository needs {size // MIB} MiB, and a workspace may have {limits.workspace_mb} MiB. "
        "Raise `workspace_mb` in the configuration, or ask the operator to."
    )


def _chunks(archive: IO[bytes]) -> Iterator[bytes]:
    while chunk := archive.read(CHUNK):
        yield chunk
