"""The web pages of a playground: what a person sees."""

from __future__ import annotations

from playground.github.state import World
from playground.wire import Receive, Scope, Send, send_answer


class PagesDoor:
    """An ASGI app: the pages of one world."""

    def __init__(self, world: World) -> None:
        self.world = world

    def knows(self, path: str) -> bool:
        return path == "/"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send_answer(send, 200, {"content-type": "text/plain"}, b"playground")
