"""`POST /webhooks/github`: believes only what GitHub signed, and says 2xx only when it is written down.

A raw ASGI callable in front of the web application, because routing and request objects cost more than
reading and checking a delivery does (benchmarks/). It holds no decision: `store` says what was new.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, replace
from typing import Any

import orjson
from prometheus_client import Counter

from bot.deliveries import Delivery, Store, Stored
from handlers.github import payloads
from handlers.github.signature import verify

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

PATH = "/webhooks/github"
LARGEST = 25 * 1024 * 1024  # GitHub sends no larger payload
DEADLINE_S = 10.0  # from the headers to our answer: GitHub itself gives up then
RETRY_AFTER_S = 10

WEBHOOKS = Counter(
    "devops_agent_webhooks", "GitHub deliveries by event and what became of them.", ["event", "outcome"]
)

_GUID = re.compile(r"[0-9A-Za-z_-]{1,64}")

_log = logging.getLogger(__name__)


def door(
    inside: Application,
    *,
    secret: bytes,
    app_id: int,
    app_slug: str,
    store: Store,
    deadline_s: float = DEADLINE_S,
) -> Application:
    """An application that answers the webhook path itself and hands every other request to `inside`."""
    if not secret:
        raise ValueError("The webhook secret is empty. Set it to the one that the GitHub App was given.")
    ears = _Ears(secret, app_id, app_slug, store, deadline_s)

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != PATH:
            await inside(scope, receive, send)
            return
        try:
            answer = await ears.answer(scope, receive)
        except _Gone:
            return
        WEBHOOKS.labels(answer.event, answer.outcome).inc()
        await _send(send, answer)

    return guarded


@dataclass(frozen=True)
class _Answer:
    """`outcome` is the counter's label and, except for a refusal, what the sender reads as the result."""

    status: int
    outcome: str
    reason: str = ""
    event: str = "other"
    headers: tuple[tuple[bytes, bytes], ...] = ()


_CLOSE = ((b"connection", b"close"),)  # the rest of the body is not read
_SLOW = _Answer(408, "slow", "the body did not arrive in time", headers=_CLOSE)
_UNSTORED = _Answer(
    503,
    "unstored",
    "it could not be written down; please redeliver it later",
    headers=((b"retry-after", str(RETRY_AFTER_S).encode()),),
)


class _Refused(Exception):
    def __init__(self, answer: _Answer) -> None:
        super().__init__(answer.reason)
        self.answer = answer


class _Gone(Exception):
    """The sender left before we knew what it wanted."""


@dataclass(frozen=True)
class _Ears:
    secret: bytes
    app_id: int
    app_slug: str
    store: Store
    deadline_s: float

    async def answer(self, scope: Scope, receive: Receive) -> _Answer:
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        late = _SLOW
        try:
            _guard(scope["method"], dict(headers))
            async with asyncio.timeout(self.deadline_s):  # one for both waits: each costs 20 µs
                body = await _read(receive)
                late = _UNSTORED
                return await self._judge(headers, body)
        except _Refused as refused:
            return refused.answer
        except TimeoutError:
            if late is _UNSTORED:
                _log.error("A delivery could not be written down within %g s.", self.deadline_s)
            return late

    async def _judge(self, headers: list[tuple[bytes, bytes]], body: bytes) -> _Answer:
        reason = verify(self.secret, body, headers)
        if reason is not None:
            return _Answer(401, "unsigned", reason)
        named = dict(headers)
        name = named.get(b"x-github-event", b"").decode("latin-1")
        guid = named.get(b"x-github-delivery", b"").decode("latin-1")
        label = name if name in payloads.EVENTS else "other"
        if not name or not _GUID.fullmatch(guid):
            reason = "X-GitHub-Event and X-GitHub-Delivery are needed"
            return _Answer(400, "malformed", reason, label)
        try:
            heard = payloads.hear(name, body, app_id=self.app_id, app_slug=self.app_slug)
        except payloads.Malformed as error:
            return _Answer(400, "malformed", str(error), label)
        if isinstance(heard, payloads.Ignored):
            return _Answer(202, "ignored", heard.reason, label)
        return await self._store(Delivery(guid, name, heard.content_key, heard.event))

    async def _store(self, delivery: Delivery) -> _Answer:
        try:
            stored = await self.store(delivery)
        except Exception:  # the outermost edge: whatever it is, GitHub must not believe that we have it
            _log.exception("The delivery %s could not be written down.", delivery.guid)
            return replace(_UNSTORED, event=delivery.event_name)
        reason = "this was told before" if stored is Stored.DUPLICATE else ""
        return _Answer(202, stored.value, reason, delivery.event_name)


def _guard(method: str, headers: dict[bytes, bytes]) -> None:
    """Everything that can be refused before a byte of the body is kept."""
    if method != "POST":
        allow = (*_CLOSE, (b"allow", b"POST"))
        raise _Refused(_Answer(405, "method", "only POST is answered here", headers=allow))
    kind = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    if kind != b"application/json":
        reason = "set the webhook's content type to application/json"
        raise _Refused(_Answer(415, "content_type", reason, headers=_CLOSE))
    length = headers.get(b"content-length", b"0")
    if not length.isdigit():
        raise _Refused(_Answer(400, "malformed", "Content-Length is not a number", headers=_CLOSE))
    if len(length) > 18 or int(length) > LARGEST:
        raise _too_large()


def _too_large() -> _Refused:
    return _Refused(_Answer(413, "too_large", "the body is larger than 25 MB", headers=_CLOSE))


async def _read(receive: Receive) -> bytes:
    chunks: list[bytes] = []
    size = 0
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Gone
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > LARGEST:
            raise _too_large()
        chunks.append(chunk)
        more = message.get("more_body", False)
    return b"".join(chunks)


async def _send(send: Send, answer: _Answer) -> None:
    result = answer.outcome if answer.status == 202 else "refused"
    body = orjson.dumps({"result": result, "reason": answer.reason})
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        *answer.headers,
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
