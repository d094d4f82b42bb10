"""conversations.*: channels and what was said in them."""

from __future__ import annotations

from collections.abc import Sequence

from playground.slack import shapes
from playground.slack.answers import Json, SlackError
from playground.slack.api.call import Call
from playground.slack.model import ChannelKind, Message

PAGE, MOST = 100, 999


def open_conversation(call: Call) -> Json:
    """The direct messages with one person."""
    users = [user for user in call.text("users").split(",") if user]
    if call.text("channel"):
        found = call.channel()
    elif len(users) == 1:
        found = call.world.im_of(call.person(users[0]).id, call.token.team)
    else:
        raise SlackError("users_list_not_supplied" if not users else "too_many_users")
    if found.kind is not ChannelKind.IM:
        raise SlackError("channel_not_found")
    whole = shapes.channel(found, bot=call.token.user)
    return {"ok": True, "channel": whole if call.flag("return_im") else {"id": found.id}}


def info(call: Call) -> Json:
    channel = call.readable_channel("read")
    shown = shapes.channel(channel, bot=call.token.user)
    if not call.flag("include_num_members"):
        shown.pop("num_members", None)
    return {"ok": True, "channel": shown}


def history(call: Call) -> Json:
    """What stands in the channel itself, newest first."""
    channel = call.readable_channel("history")
    told = [m for m in channel.messages if (not m.is_reply or m.broadcast) and _is_left(m)]
    return _page(call, told[::-1], {"pin_count": 0})


def replies(call: Call) -> Json:
    """A thread: its root, and the replies from the oldest on."""
    channel = call.readable_channel("history")
    ts = call.required("ts")
    found = next((m for m in channel.messages if m.ts == ts and not m.deleted), None)
    root = found.thread_ts or found.ts if found else ts
    told = [m for m in channel.messages if root in {m.ts, m.thread_ts} and _is_left(m)]
    if not told:
        raise SlackError("thread_not_found")
    return _page(call, told, {})


def _is_left(message: Message) -> bool:
    """Of a deleted message something is left only while there are replies to it."""
    return not message.deleted or bool(shapes.replies_of(message))


def _page(call: Call, every: Sequence[Message], more: Json) -> Json:
    oldest, latest = call.text("oldest"), call.text("latest")
    inclusive = call.flag("inclusive")

    def is_asked_for(message: Message) -> bool:
        at = float(message.ts)
        late = not oldest or at > float(oldest) or (inclusive and at == float(oldest))
        early = not latest or at < float(latest) or (inclusive and at == float(latest))
        return late and early

    found = [message for message in every if is_asked_for(message)]
    size = min(max(call.number("limit", PAGE), 1), MOST)
    begin = _place(call.text("cursor"))
    metadata = call.flag("include_all_metadata")
    shown = [shapes.message(call.world, m, metadata=metadata) for m in found[begin : begin + size]]
    left = begin + size < len(found)
    cursor = {"response_metadata": {"next_cursor": f"next:{begin + size}"}} if left else {}
    return {"ok": True, "messages": shown, "has_more": left, **more, **cursor}


def _place(cursor: str) -> int:
    if not cursor:
        return 0
    name, _, place = cursor.partition(":")
    if name != "next" or not place.isdecimal():
        raise SlackError("invalid_cursor")
    return int(place)
