"""Socket Mode: a WebSocket over which all comes that would come over HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import secrets
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import orjson

from playground.slack.answers import Json
from playground.wire import Receive, Scope, Send

if TYPE_CHECKING:
    from playground.slack.state import SlackWorld

PATH = "/slack/link/"
TICKET_SECONDS = 30.0
UNKNOWN_TICKET, GOODBYE = 4_001, 1_000


@dataclass(slots=True, eq=False)
class _Socket:
    send: Send
    waiting: dict[str, asyncio.Future[Any]] = field(default_factory=dict)

    async def say(self, message: Json) -> None:
        await self.send({"type": "websocket.send", "text": orjson.dumps(message).decode()})


class Link:
    """The sockets of our App; of several, they take turns."""

    def __init__(self, world: SlackWorld) -> None:
        self.world = world
        self._sockets: list[_Socket] = []
        self._tickets: dict[str, float] = {}
        self._turns = itertools.count()

    @property
    def connected(self) -> bool:
        return bool(self._sockets)

    @property
    def connections(self) -> int:
        return len(self._sockets)

    @property
    def url(self) -> str:
        return f"ws{self.world.url.removeprefix('http')}{PATH}"

    def new_address(self) -> str:
        """Good for one connection, soon."""
        ticket = secrets.token_urlsafe(18)
        self._tickets[ticket] = time.monotonic() + TICKET_SECONDS
        return f"{self.url}?ticket={ticket}&app_id={self.world.app.id}"

    async def ask(self, envelope: Json) -> Any:
        """Send one envelope and wait for its acknowledgement; the payload in it, or None."""
        socket = self._sockets[next(self._turns) % len(self._sockets)]
        name = str(uuid.uuid4())
        acknowledged = socket.waiting[name] = asyncio.get_running_loop().create_future()
        try:
            await socket.say({"envelope_id": name, **envelope})
            return await acknowledged
        finally:
            socket.waiting.pop(name, None)

    async def disconnect(self, reason: str) -> None:
        """Tell every socket that it will be closed, and close it."""
        for socket in list(self._sockets):
            await socket.say({"type": "disconnect", "reason": reason, "debug_info": {"host": "applink"}})
        await self.close()

    async def close(self) -> None:
        """Close every socket without a word, as a network does."""
        for socket in list(self._sockets):
            await self._close(socket)

    async def stop(self) -> None:
        self._tickets.clear()
        await self.close()

    async def _close(self, socket: _Socket) -> None:
        self._leave(socket)
        with contextlib.suppress(RuntimeError):  # it has gone already
            await socket.send({"type": "websocket.close", "code": GOODBYE})

    # -- the endpoint -----------------------------------------------------------------------------

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        ticket = parse_qs(scope["query_string"].decode("latin-1")).get("ticket", [""])[0]
        if self._tickets.pop(ticket, 0.0) < time.monotonic():
            await send({"type": "websocket.close", "code": UNKNOWN_TICKET})
            return
        await send({"type": "websocket.accept"})
        socket = _Socket(send)
        self._sockets.append(socket)
        try:
            await socket.say(self._hello())
            await self._listen(socket, receive)
        finally:
            self._leave(socket)

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": self.connections,
            "debug_info": {"host": "applink", "build_number": 1, "approximate_connection_time": 18_060},
            "connection_info": {"app_id": self.world.app.id},
        }

    async def _listen(self, socket: _Socket, receive: Receive) -> None:
        while (message := await receive())["type"] == "websocket.receive":
            said = message.get("text") or message.get("bytes") or b"{}"
            try:
                answer = orjson.loads(said)
                waiting = socket.waiting.get(answer["envelope_id"])
            except (orjson.JSONDecodeError, KeyError, TypeError):
                self.world.break_contract("socket", [f"{said[:200]!r} acknowledges nothing"])
                continue
            if waiting is not None and not waiting.done():
                waiting.set_result(answer.get("payload") or None)

    def _leave(self, socket: _Socket) -> None:
        if socket in self._sockets:
            self._sockets.remove(socket)
        for waiting in socket.waiting.values():
            if not waiting.done():
                waiting.set_exception(ConnectionError("the socket was closed"))
