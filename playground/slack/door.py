"""The one door to this Slack: Web API, sockets, acts, pages and more, told apart by path."""

from __future__ import annotations

from playground.slack.acts import PREFIX as ACTS
from playground.slack.acts import ActsDoor
from playground.slack.api.door import PREFIX as API
from playground.slack.api.door import ApiDoor
from playground.slack.api.uploads import UPLOAD
from playground.slack.limits import Limits
from playground.slack.link import PATH as LINK
from playground.slack.pages import PagesDoor
from playground.slack.seeds import SEEDS
from playground.slack.side_doors import ResponseDoor, UploadDoor
from playground.slack.state import RESPONSE, SlackWorld
from playground.wire import Asgi, Receive, Scope, Send, headers_of, send_answer

NO_SUCH_SOCKET = 4_004


class SlackDoor:
    """An ASGI app for `http` and `websocket`; whoever mounts it calls `start` and `stop`."""

    def __init__(self, world: SlackWorld) -> None:
        self.world = world
        self._doors: dict[str, Asgi] = {
            API: ApiDoor(world),
            ACTS: ActsDoor(world, self.reset),
            UPLOAD: UploadDoor(world),
            RESPONSE: ResponseDoor(world),
        }
        self._pages = PagesDoor(world)
        SEEDS[world.settings.seed](world)

    def knows(self, path: str) -> bool:
        return path == "/slack" or path.startswith("/slack/")

    async def start(self) -> None:
        """Nothing has to be made ready: sending begins with the first thing to send."""

    async def stop(self) -> None:
        await self.world.link.stop()
        await self.world.sender.stop()

    def reset(self) -> None:
        """Back to the seed, with nothing injected and nothing recorded; our App stays where it listens."""
        self.world.sender.forget()
        self.world.forget_everything()
        self.world.limits = Limits()
        self.world.faults.clear()
        SEEDS[self.world.settings.seed](self.world)

    def _door(self, path: str) -> Asgi:
        return next((door for prefix, door in self._doors.items() if path.startswith(prefix)), self._pages)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if scope["type"] == "websocket":
            await (self.world.link if path == LINK else _no_socket)(scope, receive, send)
        elif _from_elsewhere(scope):
            await send_answer(send, 403, {}, b"Another web page may not act here.")
        else:
            try:
                await self._door(path)(scope, receive, send)
            except Exception as error:  # a bug of ours: it flies on, but no test may pass over it
                self.world.break_contract(path, [f"crashed: {error!r}"])
                raise


async def _no_socket(_: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.close", "code": NO_SUCH_SOCKET})


def _from_elsewhere(scope: Scope) -> bool:
    """A browser says where a form or script came from; only the playground's own pages may act in it."""
    headers = headers_of(scope) if scope["method"] != "GET" else {}
    origin = headers.get("origin")
    return origin is not None and origin != f"http://{headers.get('host')}"
