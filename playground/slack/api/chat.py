"""chat.*: messages of our App."""

from __future__ import annotations

from typing import Any

import orjson

from playground.slack import posting, shapes
from playground.slack.answers import Json, SlackError, explained
from playground.slack.api.call import Call
from playground.slack.contract import complaints_about_message
from playground.slack.contract.measures import SUM_ADVISED, SUM_REFUSED, sum_of_text
from playground.slack.model import Channel, Message

TEXT, MARKDOWN, METADATA = 40_000, 12_000, 16_384


def post_message(call: Call) -> Json:
    channel = call.writable_channel()
    content = _content(call)
    if not content["text"] and not content["blocks"]:
        raise _broken(call, "no_text", "a message has a text or blocks")
    thread = _thread(call, channel)
    more: dict[str, Any] = {"thread_ts": thread, "broadcast": call.flag("reply_broadcast")}
    message = posting.post_as_app(call.world, call.token, channel, **content, **more)
    shown = shapes.message(call.world, message)
    return {"ok": True, "channel": channel.id, "ts": message.ts, "message": shown}


def post_ephemeral(call: Call) -> Json:
    channel = call.writable_channel()
    user = call.required("user")
    if user not in channel.members:
        raise SlackError("user_not_in_channel")
    content = _content(call)
    if not content["text"] and not content["blocks"]:
        raise _broken(call, "no_text", "a message has a text or blocks")
    thread = _thread(call, channel)
    message = posting.post_as_app(
        call.world, call.token, channel, **content, thread_ts=thread, ephemeral_to=user
    )
    return {"ok": True, "message_ts": message.ts}


def update(call: Call) -> Json:
    """What is not given stays as it was; an empty list of blocks takes them away."""
    channel = call.channel()
    message = _own(call, channel, "cant_update_message")
    if channel.archived:
        raise SlackError("is_archived")
    content = _content(call)
    changes = {name: value for name, value in content.items() if name in _given(call)}
    if not changes.keys() & {"text", "blocks"}:
        raise _broken(call, "no_text", "an update has a text or blocks")
    if not changes.get("text", message.text) and not changes.get("blocks", message.blocks):
        raise _broken(call, "no_text", "nothing would be left of the message")
    posting.edit(call.world, message, **changes)
    shown = shapes.message(call.world, message)
    return {"ok": True, "channel": channel.id, "ts": message.ts, "text": message.text, "message": shown}


def delete(call: Call) -> Json:
    channel = call.channel()
    message = _own(call, channel, "cant_delete_message")
    posting.remove(call.world, message)
    return {"ok": True, "channel": channel.id, "ts": message.ts}


def _own(call: Call, channel: Channel, error: str) -> Message:
    ts = call.required("ts")
    found = next((m for m in channel.messages if m.ts == ts and not m.deleted), None)
    if found is None:
        raise SlackError("message_not_found")
    if found.user != call.token.user or not call.world.ours(found):
        raise SlackError(error)
    return found


def _given(call: Call) -> set[str]:
    given = {name for name in ("text", "blocks", "metadata") if call.args.get(name) is not None}
    return given | ({"text"} if call.args.get("markdown_text") else set())


def _content(call: Call) -> dict[str, Any]:
    """Text, blocks and metadata of a message, as Slack would take them."""
    text, markdown = call.text("text"), call.text("markdown_text")
    blocks = call.parsed("blocks", "invalid_blocks_format")
    if markdown and (text or blocks):
        raise _broken(call, "markdown_text_conflict", "markdown_text stands alone")
    if len(text) > TEXT or len(markdown) > MARKDOWN:
        raise _broken(call, "msg_too_long", f"a text of {len(text or markdown)} characters is too long")
    if blocks is not None:
        _judge(call, blocks)
    metadata = _metadata(call)
    return {"text": text or markdown, "blocks": blocks or [], "metadata": metadata}


def _judge(call: Call, blocks: Any) -> None:
    complaints = complaints_about_message(blocks) if blocks else []
    if complaints:
        call.world.break_contract(call.method, complaints)
        raise explained("invalid_blocks", complaints)
    length = sum_of_text(blocks)
    if length > SUM_ADVISED:
        said = f"all text in blocks has {length} characters, more than {SUM_ADVISED}"
        call.world.break_contract(call.method, [said])
    if length > SUM_REFUSED:
        raise SlackError("msg_blocks_too_long")


def _metadata(call: Call) -> Json | None:
    metadata = call.parsed("metadata", "invalid_metadata_format")
    if metadata is None or metadata == {}:
        return None
    whole = isinstance(metadata, dict) and metadata.keys() == {"event_type", "event_payload"}
    if not whole or not isinstance(metadata["event_payload"], dict):
        raise _broken(call, "invalid_metadata_format", "metadata is an event_type and an event_payload")
    if len(orjson.dumps(metadata)) > METADATA:
        raise _broken(call, "metadata_too_large", f"metadata has more than {METADATA} bytes")
    return dict(metadata)


def _thread(call: Call, channel: Channel) -> str | None:
    """The root that a reply belongs to. One may reply to a message that was deleted."""
    ts = call.text("thread_ts")
    if not ts:
        return None
    found = next((m for m in channel.messages if m.ts == ts), None)
    if found is None:
        raise SlackError("cannot_reply_to_message")
    if found.is_reply:
        call.world.break_contract(call.method, [f"thread_ts {ts} is a reply, and not the root of a thread"])
        return found.thread_ts
    return ts


def _broken(call: Call, error: str, complaint: str) -> SlackError:
    call.world.break_contract(call.method, [f"{error}: {complaint}"])
    return SlackError(error)
