"""Messages come, change and go; whoever subscribed to it is told."""

from __future__ import annotations

import secrets
import time
import uuid
from collections.abc import Sequence
from typing import Any

from playground.slack import shapes
from playground.slack.answers import Json
from playground.slack.mentions import calls_in
from playground.slack.model import SLACKBOT, Channel, ChannelKind, Edition, Message, Standing, Token
from playground.slack.state import SlackWorld

INTERACTIVE = {"elements", "accessory", "element", "actions"}


def named(blocks: Sequence[Json]) -> list[Json]:
    """The same blocks, where those without an id of their own have got one."""
    return [_named(block, top=True) for block in blocks]


def _named(value: Any, *, top: bool = False, key: str = "") -> Any:
    if isinstance(value, list):
        return [_named(inner, key=key) for inner in value]
    if not isinstance(value, dict):
        return value
    kept = {name: _named(inner, key=name) for name, inner in value.items()}
    if top:
        kept.setdefault("block_id", secrets.token_hex(3))
    elif key in INTERACTIVE and is_interactive(kept):
        kept.setdefault("action_id", secrets.token_hex(3))
    return kept


def is_interactive(element: Json) -> bool:
    kind = str(element.get("type", ""))
    if kind in {"button", "workflow_button", "icon_button", "overflow", "checkboxes", "radio_buttons"}:
        return True
    return kind.endswith(("_select", "_input", "picker", "_buttons"))


def post(world: SlackWorld, channel: Channel, user: str, text: str, **more: Any) -> Message:
    """A message of a person, of a bot, or of Slackbot; `more` is any other field of a message."""
    message = Message(channel, world.new_ts(), user, text, **more)
    message.blocks = named(message.blocks)
    _remember(message)
    if message.ephemeral_to:
        _show_to_one(world, message)
    else:
        channel.messages.append(message)
        _tell(world, message)
    world.changed()
    return message


def _show_to_one(world: SlackWorld, message: Message) -> None:
    """ "Ephemeral messages in threads are only shown if there is already an active thread." """
    thread = [m for m in message.channel.messages if m.thread_ts == message.thread_ts and m.is_reply]
    if message.is_reply and not thread:
        said = f"nobody sees what is said to one person in the thread {message.thread_ts} without replies"
        world.break_contract("chat.postEphemeral", [said])
    else:
        world.ephemerals.append(message)


def post_as_app(world: SlackWorld, token: Token, channel: Channel, text: str, **more: Any) -> Message:
    own = {"bot_id": token.bot_id, "app_id": world.app.id}
    return post(world, channel, token.user, text, **own, **more)


def whisper(world: SlackWorld, channel: Channel, to: str, text: str, thread_ts: str | None = None) -> Message:
    """What Slackbot says to one person, when something did not work."""
    return post(world, channel, SLACKBOT, text, ephemeral_to=to, thread_ts=thread_ts)


def edit(world: SlackWorld, message: Message, **changes: Any) -> None:
    was = shapes.message(world, message)
    for name, value in changes.items():
        setattr(message, name, named(value) if name == "blocks" else value)
    _remember(message)
    world.changed()
    if message.ephemeral_to is None:
        told = {"message": shapes.message(world, message), "previous_message": was}
        _tell_change(world, message, "message_changed", told)


def remove(world: SlackWorld, message: Message) -> None:
    was = shapes.message(world, message)
    message.deleted = True
    world.changed()
    if message.ephemeral_to is None:
        told = {"deleted_ts": message.ts, "previous_message": was}
        _tell_change(world, message, "message_deleted", told)


def _remember(message: Message) -> None:
    message.history.append(Edition(time.time(), message.text, message.blocks, message.metadata))


# -- telling our App ---------------------------------------------------------------------------------


def event_of(world: SlackWorld, message: Message, kind: str) -> Json:
    """A message as an event: `message`, or `app_mention`."""
    shown = shapes.message(world, message)
    event = {**shown, "type": kind, "channel": message.channel.id, "event_ts": message.ts}
    if kind == "message":
        names = {ChannelKind.GROUP: "group", ChannelKind.IM: "im"}
        event["channel_type"] = names.get(message.channel.kind, "channel")
    if not message.bot_id:
        event["client_msg_id"] = str(uuid.uuid4())
    return event


def is_heard(world: SlackWorld, channel: Channel) -> bool:
    """Whether our App is installed and its bot is there to hear what is said."""
    token = world.token_of(channel.team)
    return token is not None and token.standing is Standing.ACTIVE and token.user in channel.members


def calls_us(world: SlackWorld, message: Message) -> bool:
    """Nobody is called where only two talk: there Slack tells of the message alone."""
    if message.channel.kind is ChannelKind.IM:
        return False
    bot = world.bot_of(message.channel.team)
    called = {call.strip("<@>").partition("|")[0] for call in calls_in(message.text)}
    return bot is not None and message.user != bot.id and bot.id in called


def _tell(world: SlackWorld, message: Message) -> None:
    if is_heard(world, message.channel):
        world.sender.tell(message.channel, event_of(world, message, "message"))


def _tell_change(world: SlackWorld, message: Message, subtype: str, told: Json) -> None:
    if is_heard(world, message.channel):
        world.sender.tell(message.channel, change_event(world, message, subtype, told))


def change_event(world: SlackWorld, message: Message, subtype: str, told: Json) -> Json:
    """What happened to a message, as an event that is hidden in the channel."""
    event = {**event_of(world, message, "message"), "subtype": subtype, "hidden": True, "ts": world.new_ts()}
    kept = ("type", "subtype", "hidden", "channel", "channel_type", "ts", "event_ts")
    return {**{key: event[key] for key in kept}, **told}
