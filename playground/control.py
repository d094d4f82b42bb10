"""The control API, `POST /playground/acts/<act>`: what people do to this GitHub, as JSON."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import orjson

from playground import acts
from playground.github.answers import Json, Refused
from playground.github.state import World
from playground.wire import Receive, Scope, Send, body_of, send_answer

PREFIX = "/playground/acts/"


class ControlDoor:
    """An ASGI app that turns a name and a JSON object into one act."""

    def __init__(self, world: World, reset: Callable[[], None]) -> None:
        self.world = world
        self._reset = reset

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await body_of(receive)
        status, said = self._done(scope["path"].removeprefix(PREFIX), body)
        headers = {"content-type": "application/json"}
        await send_answer(send, status, headers, orjson.dumps(said, option=orjson.OPT_NON_STR_KEYS))

    def _done(self, name: str, body: bytes) -> tuple[int, Json]:
        if name == "reset":
            self._reset()
            return 200, {"result": {}}
        act = acts.ACTS.get(name)
        if act is None:
            return 404, {"message": f"There is no act {name}. There are: {', '.join(acts.ACTS)}."}
        try:
            arguments = orjson.loads(body or b"{}")
            inspect.signature(act).bind(self.world, **arguments)
        except (orjson.JSONDecodeError, TypeError) as error:
            return 422, {"message": f"The act {name} cannot be done like this: {error}."}
        try:
            return 200, {"result": act(self.world, **arguments)}
        except Refused as refused:
            return refused.status, refused.body()
