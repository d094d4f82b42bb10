"""What a step says, as text: pieces of bytes in, whole characters out, in the same order."""

from __future__ import annotations

import codecs
from collections.abc import Iterable

from bot.ports import Hear, Stream
from runners.supervisor.conversation import Piece


class Text:
    """A character cut in two is heard whole; what is no UTF-8 becomes the replacement character."""

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
