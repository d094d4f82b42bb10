"""Acts of people in Slack that our App hears of, each with how our App answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playground.slack import hearing, payloads, posting, shapes, viewing
from playground.slack.answers import Json, Refused
from playground.slack.filling import Found, filled, find, initial_value, is_empty
from playground.slack.mentions import typed
from playground.slack.model import Message, View
from playground.slack.sender import command_parcel, event_parcel, interaction_parcel
from playground.slack.signing import FLAWLESS, Flaws
from playground.slack.state import SlackWorld

NOBODY_WAITS: Json = {"status": None, "body": "", "seconds": 0.0, "trouble": "", "delivery": None}


def _flaws(given: Mapping[str, Any]) -> Flaws:
    try:
        return Flaws(**given)
    except TypeError as error:
        raise Refused(f"A request cannot be wrong like this: {error}.") from error


# -- talk --------------------------------------------------------------------------------------------


async def command(
    world: SlackWorld,
    *,
    text: str,
    by: str,
    channel: str,
    team: str | None = None,
    trigger_id: str | None = None,
    response_url: str | None = None,
    **flaws: Any,
) -> Json:
    """`/agent run tests`, or only `run tests`. With flaws it is a forgery, and Slack shows nothing."""
    who, place, wrong = world.user(by), world.channel(channel), _flaws(flaws)
    word, _, rest = text.partition(" ") if text.startswith("/") else (world.app.command, "", text)
    home = team or who.home
    trigger = world.new_trigger(who.id, home, name=trigger_id)
    url = response_url or world.new_response_url(place.id, who.id)
    given = {"team": home, "trigger_id": trigger, "response_url": url}
    fields = payloads.command(world, who, place, word=word, text=rest, **given)
    delivery = await world.sender.ask(command_parcel(fields), wrong)
    if wrong == FLAWLESS:
        hearing.hear_command(world, place, who.id, delivery)
    return hearing.outcome(delivery, trigger_id=trigger)


async def say(world: SlackWorld, *, text: str, by: str, channel: str, thread: str | None = None) -> Json:
    """A person's message; our App hears of it if it subscribed to messages, or is mentioned."""
    place = world.channel(channel)
    if thread is not None:
        world.message(channel, thread)
    said = posting.post(world, place, world.user(by).id, typed(text), thread_ts=thread)
    event_id = None
    if posting.calls_us(world, said) and posting.is_heard(world, place) and "app_mention" in world.events:
        event = posting.event_of(world, said, "app_mention")
        event_id = world.sender.deliver(place.team, event, shared=place.ext_shared)
    return {"ts": said.ts, "event_id": event_id}


async def mention(
    world: SlackWorld,
    *,
    text: str,
    by: str,
    channel: str,
    thread: str | None = None,
    bot_id: str | None = None,
    subtype: str | None = None,
    times: int = 1,
    **flaws: Any,
) -> Json:
    """`<@BOT> text` of a person, or of a bot, as one event that is delivered `times` times.

    Where our bot is not in the channel Slack tells it nothing. A subtype makes it an event of messages.
    """
    place, who, wrong = world.channel(channel), world.user(by), _flaws(flaws)
    bot = world.bot_of(place.team)
    if bot is None:
        raise Refused(f"There is no bot of ours in {place.team}.")
    words = typed(f"<@{bot.id}> {text}")
    blocks = _typed_blocks(bot.id, text)
    said = posting.post(world, place, who.id, words, blocks=blocks, thread_ts=thread, bot_id=bot_id)
    if not posting.is_heard(world, place):
        return {"ts": said.ts, "event_id": None}
    event = _mention_event(world, said, subtype)
    if wrong != FLAWLESS:
        parcel = event_parcel(world.sender.wrapped(place.team, event, shared=place.ext_shared))
        event_id = parcel.payload["event_id"]
        return hearing.outcome(await world.sender.ask(parcel, wrong), ts=said.ts, event_id=event_id)
    sent = world.sender.deliver(place.team, event, shared=place.ext_shared, times=times)
    return {"ts": said.ts, "event_id": sent}


def _typed_blocks(bot: str, text: str) -> list[Json]:
    """What a person types is rich text; that of a mention begins with it."""
    parts = [{"type": "user", "user_id": bot}, {"type": "text", "text": f" {text}"}]
    section = {"type": "rich_text_section", "elements": parts}
    return [{"type": "rich_text", "elements": [section]}]


def _mention_event(world: SlackWorld, said: Message, subtype: str | None) -> Json:
    if subtype is None:
        return posting.event_of(world, said, "app_mention")
    if subtype == "message_changed":
        shown = shapes.message(world, said)
        return posting.change_event(world, said, subtype, {"message": shown, "previous_message": shown})
    return {**posting.event_of(world, said, "message"), "subtype": subtype}


async def edit_message(world: SlackWorld, *, ts: str, channel: str, text: str, by: str) -> Json:
    """A person changes a message of their own."""
    message = world.message(channel, ts)
    if message.user != by:
        raise Refused(f"{by} did not write this message.")
    posting.edit(world, message, text=typed(text), blocks=[])
    return {"ts": ts}


async def delete_message(world: SlackWorld, *, ts: str, channel: str) -> Json:
    """By whoever wrote it, or by an admin: also one of ours."""
    posting.remove(world, world.message(channel, ts))
    return {"ts": ts}


# -- buttons, selects, shortcuts ---------------------------------------------------------------------


async def shortcut(world: SlackWorld, *, ts: str, channel: str, by: str, **flaws: Any) -> Json:
    """The message shortcut of our App, in the menu of a message."""
    payload = payloads.message_action(world, world.user(by), world.message(channel, ts))
    delivery = await world.sender.ask(interaction_parcel(payload), _flaws(flaws))
    hearing.hear_nothing(world, delivery)
    return hearing.outcome(delivery, trigger_id=payload["trigger_id"])


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
    """A button that somebody sees in a message or in a view; or an overflow or a select, and then `value`."""
    who = world.user(by)
    if view is not None:
        shown = _seen_view(world, view, by)
        action = _used(find(shown.body["blocks"], action_id), value, shown)
        payload = payloads.view_block_actions(world, who, shown, action)
    else:
        message = _seen_message(world, str(channel), str(ts), by)
        action = _used(find(message.blocks, action_id), value)
        payload = payloads.message_block_actions(world, who, message, action)
    delivery = await world.sender.ask(interaction_parcel(payload), _flaws(flaws))
    hearing.hear_nothing(world, delivery)
    return hearing.outcome(delivery, trigger_id=payload["trigger_id"])


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
        return payloads.action_of(found)
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
    shown = _seen_view(world, view, by) if view is not None else None
    message = _seen_message(world, str(channel), str(ts), by) if shown is None else None
    found = find(shown.body["blocks"] if shown else message.blocks if message else [], action_id)
    if not found.kind.endswith("external_select"):
        raise Refused(f"Nobody can search in a {found.kind}.")
    payload = payloads.block_suggestion(world, who, found, query, view=shown, message=message)
    delivery = await world.sender.ask(interaction_parcel(payload), _flaws(flaws))
    options = hearing.hear_options(world, delivery)
    if shown is not None:
        shown.offered[action_id] = options
    return hearing.outcome(delivery, options=options)


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
    delivery = await world.sender.ask(interaction_parcel(payload))
    hearing.hear_nothing(world, delivery)
    return hearing.outcome(delivery, trigger_id=payload["trigger_id"])


async def submit(
    world: SlackWorld, *, view_id: str, by: str, values: Mapping[str, Any] | None = None, **flaws: Any
) -> Json:
    """Somebody submits a modal; `values` are by action id or by block id, on top of what was typed before."""
    view, wrong = _seen_view(world, view_id, by), _flaws(flaws)
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


# -- the wire ----------------------------------------------------------------------------------------


async def replay(world: SlackWorld, *, delivery: int | None = None) -> Json:
    """Somebody who recorded a request sends it again, byte for byte. By default, the last one."""
    return hearing.outcome(await world.sender.again(world.sender.find(delivery)))


async def verify_url(world: SlackWorld, **flaws: Any) -> Json:
    """What Slack asks an address before it sends events there."""
    asked = {"type": "url_verification", "challenge": world.new_id("challenge"), "token": payloads.TOKEN}
    delivery = await world.sender.ask(event_parcel(asked), _flaws(flaws))
    return hearing.outcome(delivery, challenge=asked["challenge"])
