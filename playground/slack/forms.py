"""The forms on the pages, each an act of whoever sends it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

from playground.slack import interacting, showing, talking
from playground.slack.answers import Json
from playground.slack.filling import SOME_OF, find
from playground.slack.state import SlackWorld

Fields = dict[str, list[str]]


async def _talk(world: SlackWorld, who: str, fields: Fields) -> Json:
    """What is typed in a composer: a command, a mention, or words."""
    text, channel = first(fields, "text").strip(), first(fields, "channel")
    thread = first(fields, "thread") or None
    called = re.match(rf"@{re.escape(world.app.name)}\b\s*(.*)", text, re.S)
    if text.partition(" ")[0] == world.app.command:
        await talking.command(world, text=text, by=who, channel=channel)
    elif called:
        await talking.mention(world, text=called[1], by=who, channel=channel, thread=thread)
    else:
        await talking.say(world, text=text, by=who, channel=channel, thread=thread)
    return {}


async def _press(world: SlackWorld, who: str, fields: Fields) -> Json:
    action_id = first(fields, "action_id")
    if first(fields, "view"):
        _remember(world, who, fields)
    place = {name: first(fields, name) or None for name in ("channel", "ts", "view")}
    value = _chosen(world, fields, action_id)
    return await interacting.press(world, action_id=action_id, by=who, value=value, **place)


async def _type_in(world: SlackWorld, who: str, fields: Fields) -> Json:
    """One element was changed, and the browser sends all of them."""
    _remember(world, who, fields)
    view, action_id = first(fields, "view_id"), first(fields, "typed")
    block_id = find(world.view(view).body["blocks"], action_id).block_id
    where = {"view_id": view, "block_id": block_id, "action_id": action_id}
    return await interacting.type_in(world, value=_chosen(world, fields, action_id), by=who, **where)


async def _suggest(world: SlackWorld, who: str, fields: Fields) -> Json:
    _remember(world, who, fields)
    action_id = first(fields, "action_id")
    query = first(fields, f"query:{action_id}")
    return await interacting.suggest(
        world, action_id=action_id, query=query, by=who, view=first(fields, "view_id")
    )


async def _submit(world: SlackWorld, who: str, fields: Fields) -> Json:
    _remember(world, who, fields)
    return await interacting.submit(world, view_id=first(fields, "view_id"), by=who)


async def _close(world: SlackWorld, who: str, fields: Fields) -> Json:
    return await interacting.close_view(world, view_id=first(fields, "view_id"), by=who)


async def _shortcut(world: SlackWorld, who: str, fields: Fields) -> Json:
    ts, channel = first(fields, "ts"), first(fields, "channel")
    return await interacting.shortcut(world, ts=ts, channel=channel, by=who)


async def _open_home(world: SlackWorld, who: str, _: Fields) -> Json:
    return {**await interacting.open_home(world, by=who), "go": "/slack/home"}


async def _message_us(world: SlackWorld, who: str, _: Fields) -> Json:
    """The direct messages with our App."""
    return {"go": f"/slack/{world.im_of(who, world.user(who).team).id}"}


FORMS: dict[str, Callable[[SlackWorld, str, Fields], Awaitable[Json]]] = {
    "talk": _talk,
    "press": _press,
    "type_in": _type_in,
    "suggest": _suggest,
    "submit": _submit,
    "close_view": _close,
    "shortcut": _shortcut,
    "open_home": _open_home,
    "message_us": _message_us,
}


def _remember(world: SlackWorld, who: str, fields: Fields) -> None:
    """Keep what stands in a view's fields, as a browser keeps it while one goes on."""
    view = world.view(first(fields, "view_id") or first(fields, "view"))
    if view.user == who:
        for action_id in showing.interactive(view.body["blocks"]):
            if f"has:{action_id}" in fields:
                interacting.fill(view, action_id, _chosen(world, fields, action_id))


def _chosen(world: SlackWorld, fields: Fields, action_id: str) -> Any:
    """What a form holds for an element: one value, or a list where there can be several."""
    given = [value for value in fields.get(f"value:{action_id}", []) if value]
    name = first(fields, "view_id") or first(fields, "view")
    element = showing.interactive(world.view(name).body["blocks"]).get(action_id, {}) if name else {}
    kind = str(element.get("type", ""))
    if kind in SOME_OF or kind.startswith("multi_"):
        return given
    return given[0] if given else None


def first(fields: Fields, name: str) -> str:
    return fields.get(name, [""])[0]
