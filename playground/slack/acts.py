"""The acts people do in this Slack, and what can be looked at: one table, and the door that opens it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import orjson

from playground.slack import ground, interacting, looking, requesting, talking
from playground.slack.answers import Json, Refused
from playground.slack.state import SlackWorld
from playground.wire import Receive, Scope, Send, body_of, send_answer

PREFIX = "/slack/acts/"
POST_ONLY = {"message": "An act is a POST."}  # a GET comes from any page that shows an image

SLACK_ACTS: dict[str, Callable[..., Any]] = {
    act.__name__: act
    for act in (
        *(
            ground.add_team,
            ground.add_user,
            ground.add_channel,
            ground.open_talk,
            ground.join,
            ground.leave,
            ground.archive,
        ),
        *(ground.install_app, ground.revoke_token, ground.uninstall, ground.set_scopes),
        *(ground.set_base, ground.set_events, ground.set_limits, ground.set_patience),
        *(ground.add_fault, ground.clear_faults, ground.disconnect),
        *(talking.command, talking.say, talking.mention, talking.edit_message, talking.delete_message),
        *(interacting.shortcut, interacting.press, interacting.suggest),
        *(interacting.open_home, interacting.type_in, interacting.submit, interacting.close_view),
        *(requesting.replay, requesting.verify_url),
        *(looking.see_messages, looking.see_ephemerals, looking.see_views, looking.see_home),
        *(looking.see_requests, looking.see_deliveries, looking.see_files, looking.see_broken),
        *(looking.see_limits, looking.see_state),
    )
}


async def do(world: SlackWorld, name: str, arguments: Json) -> Any:
    """One act by its name; those that wait for our App's answer wait."""
    act = SLACK_ACTS.get(name)
    if act is None:
        raise Refused(f"There is no act {name}. There are: {', '.join(SLACK_ACTS)}.", 404)
    try:
        inspect.signature(act).bind(world, **arguments)
    except TypeError as error:
        raise Refused(f"The act {name} cannot be done like this: {error}.") from error
    result = act(world, **arguments)
    return await result if inspect.isawaitable(result) else result


class ActsDoor:
    """An ASGI app that turns a name and a JSON object into one act."""

    def __init__(self, world: SlackWorld, reset: Callable[[], None]) -> None:
        self.world = world
        self._reset = reset

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        name: str = scope["path"].removeprefix(PREFIX)
        body = await body_of(receive)
        status, said = await self._done(name, body) if scope["method"] == "POST" else (405, POST_ONLY)
        headers = {"content-type": "application/json"}
        await send_answer(send, status, headers, orjson.dumps(said, option=orjson.OPT_NON_STR_KEYS))

    async def _done(self, name: str, body: bytes) -> tuple[int, Json]:
        if name == "reset":
            self._reset()
            return 200, {"result": {}}
        try:
            return 200, {"result": await do(self.world, name, orjson.loads(body or b"{}"))}
        except orjson.JSONDecodeError as error:
            return 422, {"message": f"The act {name} cannot be done like this: {error}."}
        except Refused as refused:
            return refused.status, {"message": refused.message}
