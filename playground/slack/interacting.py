"""Acts of people who press, choose and fill in, each with how our App answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playground.slack import hearing, payloads, shapes, viewing
from playground.slack.answers import Json, Refused
from playground.slack.filling import Found, filled, find, initial_value, is_empty
from playground.slack.model import Message, View
from playground.slack.parcels import interaction_parcel
from playground.slack.signing import FLAWLESS, Flaws, flaws_of
from playground.slack.state import SlackWorld

NOBODY_WAITS: Json = {"status": None, "body": "", "seconds": 0.0, "trouble": "", "delivery": None}


# -- buttons, selects, shortcuts ---------------------------------------------------------------------


async def shortcut(world: SlackWorld, *, ts: str, channel: str, by: str, **flaws: Any) -> Json:
    """The message shortcut of our App, in the menu of a message."""
    payload = payloads.message_action(world, world.user(by), world.message(channel, ts))
    return await _told(world, payload, flaws_of(flaws))


async def press(
    world: SlackWorld,
    *,
    action_id: str,
    by: str,
    channel: str | None = None,
    ts: str | None = None,
    view: str | None = None,
    value: Any = None,
    **flaws: Any,
) -> Json:
    """A button that somebody sees in a message or in a view; or an overflow or a select, and then `value`.

    A button has a `value` when it is pressed as it was shown before its message changed.
    """
    who = world.user(by)
    place = _seen(world, by, view=view, channel=channel, ts=ts)
    found = find(_blocks_of(place), action_id)
    if isinstance(place, View):
        payload = payloads.view_block_actions(world, who, place, _used(found, value, place))
    else:
        payload = payloads.message_block_actions(world, who, place, _used(found, value))
    return await _told(world, payload, flaws_of(flaws))


async def suggest(
    world: SlackWorld,
    *,
    action_id: str,
    query: str,
    by: str,
    view: str | None = None,
    channel: str | None = None,
    ts: str | None = None,
    **flaws: Any,
) -> Json:
    """Somebody searches in a select; its options can be chosen from then on."""
    who = world.user(by)
    place = _seen(world, by, view=view, channel=channel, ts=ts)
    found = find(_blocks_of(place), action_id)
    if not found.kind.endswith("external_select"):
        raise Refused(f"Nobody can search in a {found.kind}.")
    payload = payloads.block_suggestion(world, who, found, query, place)
    delivery = await world.sender.ask(interaction_parcel(payload), flaws_of(flaws))
    options = hearing.hear_options(world, delivery)
    if isinstance(place, View):
        place.offered[action_id] = options
    return hearing.outcome(delivery, options=options)


async def _told(world: SlackWorld, payload: Json, flaws: Flaws = FLAWLESS) -> Json:
    """What our App is only told: nobody sees what it answers."""
    delivery = await world.sender.ask(interaction_parcel(payload), flaws)
    hearing.hear_nothing(world, delivery)
    return hearing.outcome(delivery, trigger_id=payload["trigger_id"])


def _seen(
    world: SlackWorld, by: str, *, view: str | None, channel: str | None, ts: str | None
) -> View | Message:
    """The view, or else the message, if this person sees it."""
    return _seen_message(world, str(channel), str(ts), by) if view is None else _seen_view(world, view, by)


def _blocks_of(place: View | Message) -> list[Json]:
    blocks: list[Json] = place.body["blocks"] if isinstance(place, View) else place.blocks
    return blocks


def _seen_message(world: SlackWorld, channel: str, ts: str, by: str) -> Message:
    message = world.message(channel, ts)
    if message.ephemeral_to not in {None, by}:
        raise Refused(f"{by} does not see this message.", 404)
    return message


def _seen_view(world: SlackWorld, view: str, by: str) -> View:
    shown = world.view(view)
    if shown.user != by or not shown.open:
        raise Refused(f"{by} does not see this view.", 404)
    return shown


def _used(found: Found, value: Any, view: View | None = None) -> Json:
    """The action of using an element; a view remembers what is chosen in it."""
    if initial_value(found.element) is None and found.kind != "overflow":
        action = payloads.action_of(found)
        return action if value is None else {**action, "value": value}
    offered = view.offered.get(found.action_id, ()) if view else ()
    chosen = filled(found.element, value, offered)
    if view is not None and found.kind != "overflow":
        view.values.setdefault(found.block_id, {})[found.action_id] = chosen
    return payloads.action_of(found, chosen)


def fill(view: View, action_id: str, value: Any) -> None:
    """Put a value into an element of a view, and tell nobody."""
    _used(find(view.body["blocks"], action_id), value, view)


# -- home and modals ---------------------------------------------------------------------------------


async def open_home(world: SlackWorld, *, by: str, tab: str = "home") -> Json:
    """Somebody looks at our App's own page."""
    who = world.user(by)
    im = world.im_of(who.id, who.team)
    event: Json = {"type": "app_home_opened", "user": who.id, "channel": im.id, "tab": tab}
    event["event_ts"] = world.new_ts()
    home = world.homes.get((who.team, who.id))
    if home is not None and tab == "home":
        event["view"] = shapes.view(world, home)
    if "app_home_opened" not in world.events:
        return {"event_id": None}
    return {"event_id": world.sender.deliver(who.team, event)}


async def type_in(
    world: SlackWorld, *, view_id: str, block_id: str, action_id: str, value: Any, by: str
) -> Json:
    """Somebody fills in one element of a view; our App is told if the element says so."""
    view = _seen_view(world, view_id, by)
    found = find(view.body["blocks"], action_id, block_id)
    action = _used(found, value, view)
    world.changed()
    if not found.dispatches:
        return dict(NOBODY_WAITS)
    payload = payloads.view_block_actions(world, world.user(by), view, action)
    return await _told(world, payload)


async def submit(
    world: SlackWorld, *, view_id: str, by: str, values: Mapping[str, Any] | None = None, **flaws: Any
) -> Json:
    """Somebody submits a modal; `values` are by action id or by block id, on top of what was typed before."""
    view, wrong = _seen_view(world, view_id, by), flaws_of(flaws)
    for name, value in (values or {}).items():
        _used(_named(view, name), value, view)
    _refuse_gaps(view)
    payload = payloads.view_submission(world, world.user(by), view)
    delivery = await world.sender.ask(interaction_parcel(payload), wrong)
    if wrong == FLAWLESS:
        hearing.hear_submission(world, view, delivery)
    more = {"errors": view.errors, "open": view.open, "trigger_id": payload["trigger_id"]}
    return hearing.outcome(delivery, **more)


def _named(view: View, name: str) -> Found:
    """The element with this action id, or the one in the block of this id."""
    blocks = view.body["blocks"]
    alone = [block for block in blocks if block["block_id"] == name and block["type"] == "input"]
    return find(blocks, str(alone[0]["element"]["action_id"])) if alone else find(blocks, name)


def _refuse_gaps(view: View) -> None:
    """Slack itself lets nobody submit what lacks an answer."""
    for block in view.body["blocks"]:
        if block["type"] == "input":
            found = find([block], block["element"]["action_id"])
            value = view.values.get(found.block_id, {}).get(found.action_id, {})
            if found.is_asked_for and is_empty(value):
                raise Refused(f"{found.action_id} is not filled in: please complete all required fields.")


async def close_view(world: SlackWorld, *, view_id: str, by: str) -> Json:
    """Somebody closes a modal; our App is told only if it asked for that."""
    view = _seen_view(world, view_id, by)
    viewing.close(world, view)
    if not view.body.get("notify_on_close"):
        return dict(NOBODY_WAITS)
    payload = payloads.view_closed(world, world.user(by), view)
    return hearing.outcome(await world.sender.ask(interaction_parcel(payload)))
