"""Acts of people who write: commands, messages and mentions, with how our App answered."""

from __future__ import annotations

from typing import Any

from playground.slack import hearing, payloads, posting, shapes
from playground.slack.answers import Json, Refused
from playground.slack.mentions import typed
from playground.slack.model import ChannelKind, Message
from playground.slack.parcels import command_parcel, event_parcel
from playground.slack.signing import FLAWLESS, flaws_of
from playground.slack.state import SlackWorld


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
    who, place, wrong = world.user(by), world.channel(channel), flaws_of(flaws)
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

    Where our bot is not in the channel Slack tells it nothing; where it talks with one person it tells of
    the message, as of any other. A subtype makes it an event of messages.
    """
    place, who, wrong = world.channel(channel), world.user(by), flaws_of(flaws)
    bot = world.bot_of(place.team)
    if bot is None:
        raise Refused(f"There is no bot of ours in {place.team}.")
    words = typed(f"<@{bot.id}> {text}")
    blocks = _typed_blocks(bot.id, text)
    said = posting.post(world, place, who.id, words, blocks=blocks, thread_ts=thread, bot_id=bot_id)
    if place.kind is ChannelKind.IM or not posting.is_heard(world, place):
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
