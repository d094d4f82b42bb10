"""Folders of a box as one tar, out of it and into others: made and unpacked by keepers, read by nobody."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import IO

from bot.errors import Hiccup, UserError
from bot.ports import Stream
from runners.supervisor.conversation import Conversation, LostError, Piece
from runners.supervisor.filling import ran_full, unpack
from runners.supervisor.inside import HOME, WORKSPACE
from runners.supervisor.protocol import How, Start

MOST_BYTES = 1024 * 1024 * 1024
TIMEOUT_S = 300.0

# Only what is there; members are named from the root, and nothing else of the root is written.
_PACK = """
cd /
n=$#
while [ "$n" -gt 0 ]; do
  each=$1 n=$((n - 1))
  shift
  [ ! -e "$each" ] || set -- "$@" "$each"
done
exec tar -cf - --sparse --files-from=/dev/null -- "$@"
"""


def pack(keeper: Conversation, folders: Sequence[str], out: IO[bytes]) -> bool:
    """False when they are too large: `out` holds a part then. Hiccup when the box goes away under it."""
    places = [_place(folder).lstrip("/") for folder in folders]
    heard = _Heard(out)
    try:
        end = keeper.perform(
            Start(("sh", "-c", _PACK, "pack", *places), WORKSPACE, {}, TIMEOUT_S), heard.take
        )
    except LostError as gone:
        raise Hiccup("The box went away before its folders could be kept.") from gone
    # 1: a file changed or could not be read; the others are there.
    if end.how is not How.EXITED or end.value not in (0, 1, 2):
        raise Hiccup("Folders of the box could not be kept.")
    return heard.size <= MOST_BYTES


def bring(keeper: Conversation, parcel: IO[bytes]) -> None:
    """UserError when it does not fit."""
    said = unpack(keeper, parcel, "/")
    if ran_full(said):
        raise UserError(
            "What `setup` or a cache holds does not fit into the box. Raise `tmp_mb` (the size of HOME) or "
            "`workspace_mb`, or keep less."
        )
    if said:
        raise Hiccup(f"What was kept could not be put into the box: {said[-300:]}")


def _place(folder: str) -> str:
    if folder == "~" or folder.startswith("~/"):
        return HOME + folder[1:]
    return f"{WORKSPACE}/{folder}"


class _Heard:
    """Writes down what comes, up to what may be kept."""

    def __init__(self, out: IO[bytes]) -> None:
        self.size = 0
        self._out = out

    def take(self, pieces: Iterable[Piece]) -> None:
        for stream, piece in pieces:
            if stream is Stream.OUT:
                self.size += len(piece)
                if self.size <= MOST_BYTES:
                    self._out.write(piece)
