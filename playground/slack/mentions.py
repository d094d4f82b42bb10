"""Who would be called by a message: the mentions that Slack finds in texts and in rich text."""

from __future__ import annotations

import re
from typing import Any

from playground.slack.model import Message

_CALL = re.compile(r"<!(?:channel|here|everyone|subteam\^[^>]*)(?:\|[^>]*)?>|<@[UW][A-Z0-9_]+(?:\|[^>]*)?>")
_CONTROL = re.compile(r"(<(?:@[UW]|#C|!|https?://|mailto:)[^<>\s]*(?:\|[^<>]*)?>)")
_LINK = re.compile(r"https?://[^\s<>|]+")
CALLING = {"user", "usergroup", "broadcast"}
PARSED = {"mrkdwn", "markdown"}


def calls_in(text: str) -> list[str]:
    return _CALL.findall(text)


def calls_of(message: Message) -> list[str]:
    """Every mention in the text and the blocks, as it was written."""
    return calls_in(message.text) + _calls(message.blocks)


def _calls(value: Any) -> list[str]:
    if isinstance(value, list):
        return [call for inner in value for call in _calls(inner)]
    if not isinstance(value, dict):
        return []
    kind, text = value.get("type"), value.get("text")
    if kind in CALLING and value.keys() & {"user_id", "usergroup_id", "range"}:
        return [f"{kind} {value.get('user_id') or value.get('usergroup_id') or value.get('range')}"]
    here = calls_in(text) if kind in PARSED and isinstance(text, str) else []
    return here + [call for inner in value.values() for call in _calls(inner)]


def typed(text: str) -> str:
    """What a person typed, as Slack keeps it: `&<>` escaped, links in angles, mentions as they are."""
    parts = _CONTROL.split(text)
    return "".join(part if place % 2 else _typed(part) for place, part in enumerate(parts))


def _typed(text: str) -> str:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    pieces = re.split(r"(`[^`]*`)", escaped)
    linked = (piece if place % 2 else _LINK.sub(r"<\g<0>>", piece) for place, piece in enumerate(pieces))
    return "".join(linked)
