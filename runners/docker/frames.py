"""Docker's multiplexed output, cut anywhere: only what the container's first process wrote to its stdout."""

from __future__ import annotations

import struct
from collections.abc import Iterator

_HEAD = struct.Struct(">BxxxL")  # 1 is stdout, 2 is stderr; then the length of what follows
_STDOUT = 1


class Frames:
    """Keeps at most a frame's head between two chunks: memory does not grow with the output."""

    def __init__(self) -> None:
        self._head = bytearray()
        self._stream = _STDOUT
        self._left = 0

    def feed(self, chunk: memoryview) -> Iterator[memoryview]:
        at, end = 0, len(chunk)
        while at < end:
            if self._left:
                upto = min(at + self._left, end)
                if self._stream == _STDOUT:
                    yield chunk[at:upto]
                self._left -= upto - at
                at = upto
            elif not self._head and end - at >= _HEAD.size:
                self._stream, self._left = _HEAD.unpack_from(chunk, at)
                at += _HEAD.size
            else:
                upto = min(at + _HEAD.size - len(self._head), end)
                self._head += chunk[at:upto]
                at = upto
                if len(self._head) == _HEAD.size:
                    self._stream, self._left = _HEAD.unpack(self._head)
                    self._head.clear()
