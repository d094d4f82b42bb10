"""Docker's multiplexed output, cut anywhere, as pieces of two streams; and those pieces as text."""

from __future__ import annotations

import codecs
import struct
from collections.abc import Iterable, Iterator

from bot.ports import Hear, Stream

Piece = tuple[Stream, memoryview]

_HEAD = struct.Struct(">BxxxL")  # 1 is stdout, 2 is stderr; then the length of what follows
_STDERR = 2


class Frames:
    """Keeps at most a frame's head between two chunks: memory does not grow with the output."""

    def __init__(self) -> None:
        self._head = bytearray()
        self._stream = Stream.OUT
        self._left = 0

    def feed(self, chunk: memoryview) -> Iterator[Piece]:
        at, end = 0, len(chunk)
        while at < end:
            if self._left:
                upto = min(at + self._left, end)
                yield self._stream, chunk[at:upto]
                self._left -= upto - at
                at = upto
            elif not self._head and end - at >= _HEAD.size:
                self._open(*_HEAD.unpack_from(chunk, at))
                at += _HEAD.size
            else:
                upto = min(at + _HEAD.size - len(self._head), end)
                self._head += chunk[at:upto]
                at = upto
                if len(self._head) == _HEAD.size:
                    self._open(*_HEAD.unpack(self._head))
                    self._head.clear()

    def _open(self, stream: int, length: int) -> None:
        self._stream = Stream.ERR if stream == _STDERR else Stream.OUT
        self._left = length


class Text:
    """Pieces of bytes in, text heard in the same order. A character cut in two is heard whole."""

    def __init__(self, hear: Hear) -> None:
        self._hear = hear
        make = codecs.getincrementaldecoder("utf-8")
        self._decoders = {stream: make(errors="replace") for stream in Stream}

    def take(self, pieces: Iterable[Piece]) -> None:
        """Neighbours of one stream are heard at once: a program that writes bytewise costs one call."""
        run: list[memoryview] = []
        current = Stream.OUT
        for stream, piece in pieces:
            if stream is not current:
                self._say(current, run)
                run, current = [], stream
            run.append(piece)
        self._say(current, run)

    def finish(self) -> None:
        for stream, decoder in self._decoders.items():
            rest = decoder.decode(b"", final=True)
            if rest:
                self._hear(stream, rest)

    def _say(self, stream: Stream, run: list[memoryview]) -> None:
        text = self._decoders[stream].decode(b"".join(run)) if run else ""
        if text:
            self._hear(stream, text)
