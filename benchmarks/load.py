"""A load of signed webhooks: so many connections, each sending the next one when the last was answered.

A process of its own: `python -m benchmarks.load ORDER.json` prints what it saw as JSON. Each body is
`before` + a number of ten digits + `after`; the hash of `before` is kept, so signing one costs microseconds.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import sys
import time
from dataclasses import asdict, dataclass, field
from itertools import count
from pathlib import Path
from typing import cast

import uvloop

LAST_ANSWERS_S = 5.0


@dataclass(frozen=True)
class Order:
    """`first` is the number of the first delivery; no number is ever sent twice to one server."""

    port: int
    path: str
    secret: str
    before: str  # base64
    after: str  # base64
    first: int
    seconds: float
    connections: int = 32


@dataclass
class Seen:
    """What came of it. Times are microseconds from a request's first byte to its answer's last."""

    seconds: float = 0.0
    accepted: int = 0
    other: int = 0
    microseconds: list[int] = field(default_factory=list)


class _Sender(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self, requests: _Requests, seen: Seen) -> None:
        self._requests = requests
        self._seen = seen
        self._sent = 0.0
        self._answer = b""
        self._transport: asyncio.Transport | None = None
        self.ended = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        if not self.ended.done():
            self._seen.other += 1
            self.ended.set_result(None)

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, blank, body = self._answer.partition(b"\r\n\r\n")
        if not blank or len(body) < _length(head):
            return
        self._seen.microseconds.append(int((time.perf_counter() - self._sent) * 1_000_000))
        if head[9:12] == b"202" and b'"duplicate"' not in body:
            self._seen.accepted += 1
        else:
            self._seen.other += 1
        self._answer = b""
        self._send()

    def _send(self) -> None:
        request = self._requests.next()
        if request is None:
            self.ended.set_result(None)
        elif self._transport is not None:
            self._sent = time.perf_counter()
            self._transport.write(request)


class _Requests:
    """The next request, until the time is over."""

    def __init__(self, order: Order) -> None:
        self._before, self._after = base64.b64decode(order.before), base64.b64decode(order.after)
        self._hash = hmac.new(order.secret.encode(), self._before, "sha256")
        self._numbers = count(order.first)
        size = len(self._before) + 10 + len(self._after)
        self._head = (
            f"POST {order.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"X-GitHub-Event: issue_comment\r\nContent-Length: {size}\r\n"
        ).encode()
        self._until = time.perf_counter() + order.seconds

    def next(self) -> bytes | None:
        if time.perf_counter() >= self._until:
            return None
        number = b"%010d" % next(self._numbers)
        signed = self._hash.copy()
        signed.update(number + self._after)
        tail = (
            f"X-GitHub-Delivery: bench-{number.decode()}\r\nX-Hub-Signature-256: sha256={signed.hexdigest()}"
        )
        return b"".join((self._head, tail.encode(), b"\r\n\r\n", self._before, number, self._after))


def _length(head: bytes) -> int:
    _, _, rest = head.lower().partition(b"content-length:")
    return int(rest.split(b"\r\n", 1)[0] or 0)


async def _load(order: Order) -> Seen:
    loop, seen = asyncio.get_running_loop(), Seen()
    began = time.perf_counter()
    requests = _Requests(order)
    senders = []
    for _ in range(order.connections):
        _, sender = await loop.create_connection(lambda: _Sender(requests, seen), "127.0.0.1", order.port)
        senders.append(sender)
    async with asyncio.timeout(order.seconds + LAST_ANSWERS_S):
        await asyncio.gather(*(sender.ended for sender in senders))
    seen.seconds = time.perf_counter() - began
    return seen


def main() -> None:
    order = Order(**json.loads(Path(sys.argv[1]).read_text()))
    print(json.dumps(asdict(uvloop.run(_load(order)))))


if __name__ == "__main__":
    main()
