"""This Slack alone on 127.0.0.1, for its own tests."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass

from playground.listening import HOST, listen, server_for
from playground.slack.door import SlackDoor
from playground.slack.driver import SlackDriver
from playground.slack.settings import SlackSettings
from playground.slack.state import SlackWorld
from playground.wire import Receive, Scope, Send, send_answer


@dataclass(frozen=True, slots=True)
class SlackPlayground:
    """A running Slack: where it is, how to be its App, and somebody to act in it."""

    url: str
    settings: SlackSettings
    driver: SlackDriver

    @property
    def api_url(self) -> str:
        """What slack_sdk calls `base_url`."""
        return f"{self.url}/slack/api/"


class _Alone:
    """An ASGI app with nothing but one door."""

    def __init__(self, door: SlackDoor) -> None:
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "websocket" or self._door.knows(scope["path"]):
            await self._door(scope, receive, send)
        else:
            await send_answer(send, 404, {}, b"There is only a Slack here.")

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await self._door.start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._door.stop()
        await send({"type": "lifespan.shutdown.complete"})


@contextlib.contextmanager
def serve_slack(settings: SlackSettings | None = None, *, port: int = 0) -> Iterator[SlackPlayground]:
    """A Slack in a thread of this process, for as long as the context lasts."""
    settings = settings or SlackSettings()
    with listen(port) as sock:
        url = f"http://{HOST}:{sock.getsockname()[1]}"
        server = server_for(_Alone(SlackDoor(SlackWorld(settings, url))))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
        thread.start()
        try:
            with SlackDriver(url) as driver:
                driver.until_up(thread.is_alive)
                yield SlackPlayground(url, settings, driver)
        finally:
            server.should_exit = True
            thread.join(10)
