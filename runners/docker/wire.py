"""The raw connection to one container: bytes out, bytes in, never blocking longer than asked."""

from __future__ import annotations

import select
import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from runners.docker.frames import Frames

_WAIT = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Wire:
    """That of `runners.supervisor.conversation`, over a hijacked HTTP connection to the engine.

    It is ours alone: no pool sees it again.
    """

    def __init__(self, handed_over: Any) -> None:
        # The SDK hands over the file object under the response, or the socket itself when it speaks TLS.
        self._keep = handed_over
        self._sock: socket.socket = getattr(handed_over, "_sock", handed_over)
        self._sock.setblocking(False)
        # Output that came in one packet with the response's head is in http.client's buffer already.
        self._early = bytes(handed_over._response.raw._fp.fp.peek())
        self._poll = select.poll()
        self._poll.register(self._sock, select.POLLIN)
        self._frames = Frames()

    def wait(self, seconds: float, *, to_write: bool) -> None:
        """Until there is something to do, or the time is over."""
        if self._early or getattr(self._sock, "pending", int)():
            return
        self._poll.modify(self._sock, select.POLLIN | select.POLLOUT if to_write else select.POLLIN)
        self._poll.poll(max(0, round(seconds * 1000)))

    def read(self, into: memoryview) -> int | None:
        """How many bytes came; 0 at the end; None when there are none now."""
        if self._early:
            head, self._early = self._early[: len(into)], self._early[len(into) :]
            into[: len(head)] = head
            return len(head)
        try:
            return self._sock.recv_into(into)
        except _WAIT:
            return None
        except OSError:
            return 0  # reset: whoever asks next about the exec hears what happened

    def write(self, chunk: memoryview) -> int | None:
        """How many bytes went; 0 when nobody takes them now; None when nobody will any more."""
        try:
            return self._sock.send(chunk)
        except _WAIT:
            return 0
        except OSError:
            return None

    def unwrapped(self, chunk: memoryview) -> Iterator[memoryview]:
        """What of it came from the first process's stdout."""
        return self._frames.feed(chunk)

    def close(self) -> None:
        with suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)  # else the engine is not told while we have a copy
        self._keep._response.close()
        self._sock.close()
