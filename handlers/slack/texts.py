"""Texts as Slack takes them: nobody is called by one, only web addresses are links, none is too long."""

from __future__ import annotations

import html
import re
from typing import Any

from bot.reports import safe
from handlers.slack.limits import URL

Json = dict[str, Any]

_WEB = re.compile(r"https?://[!-~]+", re.IGNORECASE)
_ENCODED = {ord(sign): f"%{ord(sign):02X}" for sign in "|<>\"'`"}


def plain_text(text: str, limit: int) -> Json:
    """A text object of one line in which nothing has a meaning. Slack takes no empty one."""
    return {"type": "plain_text", "text": safe.one_line(text, limit=limit) or "…", "emoji": False}


def escaped(text: str) -> str:
    """Text for a field in which Slack reads marks: no mention, no link and no fence is left in it."""
    return html.escape(safe.reveal(text), quote=False).replace("```", "'''")


def web_address(url: object) -> str:
    """The address as a link may have it; "" for what is no link of the web, or too long."""
    found = _WEB.fullmatch(url) if isinstance(url, str) else None
    address = found[0].translate(_ENCODED) if found else ""
    return address if len(address) <= URL else ""


def last_lines(text: str, *, lines: int, characters: int) -> str:
    """The end of a text, on a line border if there is one."""
    kept = "\n".join(text.split("\n")[-lines:])
    if len(kept) <= characters:
        return kept
    kept = kept[len(kept) - characters :]
    _, border, rest = kept.partition("\n")
    return rest if border and rest else kept
