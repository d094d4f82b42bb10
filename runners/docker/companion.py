"""A program that goes beside a box's steps, in a container of its own, from before the first to the end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

from bot.ports import Stream
from bot.reports.safe import one_line
from runners.docker.containers import Lane
from runners.supervisor.conversation import LostError
from runners.supervisor.hearing import Text
from runners.supervisor.protocol import Start

LINE = 4096  # characters of a line that are heard
LAST_WORDS = 300


class Companion:
    """It begins at once. A thread hears it, line by line, until it or its container ends."""

    def __init__(
        self,
        lane: Lane,
        start: Start,
        *,
        stdin: Iterator[bytes] | None = None,
        hear: Callable[[str], None] | None = None,
    ) -> None:
        self._lane = lane
        self._start = start
        self._stdin = stdin
        self._hear = hear
        self._line = ""
        self._last_words = ""
        self._thread = threading.Thread(target=self._listen, name="companion", daemon=True)
        self._thread.start()

    @property
    def has_ended(self) -> bool:
        return not self._thread.is_alive()

    def said(self) -> str:
        """The end of what it said, as a sentence."""
        words = one_line(self._last_words, limit=LAST_WORDS)
        return f"It last said: {words}" if words else "It said nothing."

    def _listen(self) -> None:
        text = Text(self._heard)
        with suppress(LostError):  # its container was ended, as that of most is
            self._lane.talk.perform(self._start, text.take, stdin=self._stdin)
        text.finish()

    def _heard(self, _: Stream, text: str) -> None:
        self._last_words = (self._last_words + text)[-LAST_WORDS:]
        *lines, rest = (self._line + text).split("\n")
        self._line = rest[:LINE]
        if self._hear is not None:
            for line in lines:
                self._hear(line[:LINE])
