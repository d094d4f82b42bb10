"""The pipes to one supervisor: bytes out, bytes in, never blocking longer than asked."""

from __future__ import annotations

import os
import select
from collections.abc import Iterator
from contextlib import suppress


class Wire:
    """That of `runners.supervisor.conversation`, over two pipes."""

    def __init__(self, out: int, into: int) -> None:
        """`out` is what the supervisor writes to, `into` what it reads from; both are ours to close."""
        self._out, self._into = out, into
        os.set_blocking(out, False)
        os.set_blocking(into, False)

    def wait(self, seconds: float, *, to_write: bool) -> None:
        select.select([self._out], [self._into] if to_write else [], [], max(0.0, seconds))

    def read(self, into: memoryview) -> int | None:
        try:
            return os.readv(self._out, [into])
        except BlockingIOError:
            return None
        except OSError:
            return 0

    def write(self, chunk: memoryview) -> int | None:
        try:
            return os.write(self._into, chunk)
        except BlockingIOError:
            return 0
        except OSError:
            return None

    def unwrapped(self, chunk: memoryview) -> Iterator[memoryview]:
        yield chunk

    def close(self) -> None:
        for end in (self._into, self._out):
            with suppress(OSError):
                os.close(end)
