"""Speaking with one supervisor: one step at a time, heard while it runs, until its end or ours."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Protocol

from bot.ports import Stream
from runners.supervisor import protocol
from runners.supervisor.protocol import End, Hello, Output, Start

BUFFER = 512 * 1024
LATE_S = 2.0  # how long after its time a step may take to end before the box is ended in its place
KILL_GRACE_S = 3.0

Piece = tuple[Stream, memoryview]
Take = Callable[[Iterable[Piece]], None]


class LostError(Exception):
    """The supervisor does not answer any more: its box is gone, or about to go."""


class LateError(LostError):
    """A step was not ended in time, neither from inside nor when we said so."""


class Wire(Protocol):
    """Bytes from and to a supervisor. Never waits longer than asked."""

    def wait(self, seconds: float, *, to_write: bool) -> None: ...

    def read(self, into: memoryview) -> int | None:
        """How many bytes came; 0 at the end; None when there are none now."""
        ...

    def write(self, chunk: memoryview) -> int | None:
        """How many bytes went; 0 when nobody takes them now; None when nobody will any more."""
        ...

    def unwrapped(self, chunk: memoryview) -> Iterator[memoryview]:
        """What of the bytes that came is the supervisor's own stdout."""
        ...

    def close(self) -> None: ...


class Conversation:
    """Not for two threads at once. Raises LostError, and nothing of the wire's."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._reader = protocol.Reader()
        self._buffer = memoryview(bytearray(BUFFER))

    def greeted(self, patience_s: float) -> Hello:
        """What a new supervisor says of itself."""
        return protocol.read_hello(self._answer(protocol.HELLO, patience_s))

    def answers(self, patience_s: float) -> bool:
        """Whether it is well. Only between two steps."""
        try:
            self._send(protocol.frame(protocol.PING), time.monotonic() + patience_s)
            self._answer(protocol.PING, patience_s)
        except LostError:
            return False
        return True

    def perform(self, step: Start, take: Take, *, stdin: Iterator[bytes] | None = None) -> End:
        """One step to its end. It is ended from inside at its time; from outside, soon after.

        After an exception nobody knows what its box is doing: end it.
        """
        feeding = _Feeding(stdin)
        deadline = time.monotonic() + step.timeout_s + LATE_S if step.timeout_s else float("inf")
        self._send(protocol.start(replace(step, has_stdin=stdin is not None)), deadline)
        if stdin is not None:
            self._send(feeding.next(), deadline)
        killed = False
        while True:
            ended: End | None = None

            def pieces(chunk: memoryview) -> Iterator[Piece]:
                nonlocal ended
                for told in self._frames(chunk):
                    if isinstance(told, Output):
                        yield told.stream, told.content
                    elif told[0] == protocol.END:
                        ended = protocol.read_end(told[1])
                    elif told[0] == protocol.WANTS_INPUT:
                        feeding.wanted = True

            got = self._hear(deadline)
            if got:
                heard = pieces(self._buffer[:got])
                take(heard)
                for _ in heard:  # whoever listens may have had enough
                    pass
            if ended is not None:
                return ended
            if feeding.wanted:
                self._send(feeding.next(), deadline)
            if time.monotonic() >= deadline:
                if killed:
                    raise LateError("The supervisor did not end a step in time.")
                killed, deadline = True, time.monotonic() + KILL_GRACE_S
                self._send(protocol.frame(protocol.KILL, bytes([9])), deadline)

    def close(self) -> None:
        """Nobody speaks to it any more: it ends, and its box with it."""
        self._wire.close()

    def _answer(self, kind: bytes, patience_s: float) -> bytes:
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            got = self._hear(deadline)
            told = [each for each in self._frames(self._buffer[:got]) if not isinstance(each, Output)]
            for each, payload in told:
                if each == kind:
                    return payload
        raise LostError("The supervisor does not answer.")

    def _frames(self, chunk: memoryview) -> Iterator[Output | tuple[bytes, bytes]]:
        for part in self._wire.unwrapped(chunk):
            yield from self._reader.feed(part)

    def _hear(self, deadline: float) -> int:
        got = self._wire.read(self._buffer)
        if got is None:
            self._wire.wait(max(0.0, min(60.0, deadline - time.monotonic())), to_write=False)
            got = self._wire.read(self._buffer)
        if got == 0:
            raise LostError("The supervisor is gone.")
        return got or 0

    def _send(self, content: bytes, deadline: float) -> None:
        rest = memoryview(content)
        while rest:
            went = self._wire.write(rest)
            if went is None or time.monotonic() >= deadline + KILL_GRACE_S:
                raise LostError("The supervisor takes nothing any more.")
            rest = rest[went:]
            if rest:
                self._wire.wait(0.1, to_write=True)


class _Feeding:
    """What a step reads, a frame each time that it has read the last one."""

    def __init__(self, content: Iterator[bytes] | None) -> None:
        self._content = content
        self.wanted = False

    def next(self) -> bytes:
        self.wanted = False
        if self._content is None:
            return b""
        chunk = next(self._content, b"")
        if not chunk:
            self._content = None
        return protocol.frame(protocol.INPUT, chunk)


def cut(content: bytes) -> Iterator[bytes]:
    """Bytes for a step's stdin, in pieces that fit a frame."""
    for at in range(0, len(content), protocol.CHUNK):
        yield content[at : at + protocol.CHUNK]
