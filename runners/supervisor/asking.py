"""Asking the keeper something by a program of ours, and its answer: records of what lies in the workspace."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import structlog

from bot.errors import Hiccup
from bot.ports import Stream
from runners.git.found import Found, Kind
from runners.supervisor.conversation import Conversation, LostError, Piece, cut
from runners.supervisor.inside import WORKSPACE
from runners.supervisor.protocol import How, Start

log = structlog.get_logger(__name__)

TIMEOUT_S = 180.0
RECORD_BYTES = 4096 + 64  # a path and the line before it, at most

# Records are "kind length-of-path length-of-content\n", path, content; words that are no kind are signals.
SAY = r"""
import sys
out = sys.stdout.buffer
def say(kind, path, content=b""):
    out.write(b"%s %d %d\n%s%s" % (kind.encode(), len(path), len(content), path, content))
"""

Record = tuple[str, bytes, bytes]


def ask(
    keeper: Conversation, program: str, words: Sequence[str], *, stdin: bytes, at_most: int
) -> Iterator[Record]:
    """Kind, path and content of each record. Hiccup when there is no answer, or one over `at_most` bytes."""
    argv = ("python3", "-I", "-S", "-c", SAY + program, *words)
    heard = _Heard(at_most)
    try:
        end = keeper.perform(Start(argv, WORKSPACE, {}, TIMEOUT_S), heard.take, stdin=cut(stdin))
    except LostError as gone:
        raise Hiccup("The box was lost before its changes could be read.") from gone
    if end.how is not How.EXITED or end.value != 0 or heard.over():
        log.warning("look.failed", end=str(end), said=heard.complaint)
        raise Hiccup("The changes of the run could not be read from its box.")
    return _read(bytes(heard.answer))


def found(record: Record) -> Found:
    kind, path, content = record
    return Found(path, Kind(kind), content)


class _Heard:
    """The answer, up to what an honest one can be long."""

    def __init__(self, at_most: int) -> None:
        self.answer = bytearray()
        self.complaint = ""
        self._at_most = at_most

    def take(self, pieces: Iterable[Piece]) -> None:
        for stream, piece in pieces:
            if stream is Stream.OUT:
                if not self.over():
                    self.answer += piece
            elif len(self.complaint) < 2000:
                self.complaint += bytes(piece).decode(errors="replace")

    def over(self) -> bool:
        return len(self.answer) > self._at_most


def _read(answer: bytes) -> Iterator[Record]:
    at = 0
    while at < len(answer):
        line_end = answer.index(b"\n", at)
        kind, path_length, content_length = answer[at:line_end].decode().split(" ")
        path_end = line_end + 1 + int(path_length)
        at = path_end + int(content_length)
        yield kind, answer[line_end + 1 : path_end], answer[path_end:at]
