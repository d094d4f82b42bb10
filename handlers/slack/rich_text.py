"""Markdown of ours as Slack's rich text. Nobody can be called by it, and only web addresses are links."""

from __future__ import annotations

import html
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from bot.chat.message import Named, When, Where, Who
from bot.reports import phrases, safe
from handlers.slack.cutting import within
from handlers.slack.limits import TEXT
from handlers.slack.markdown import REST, Chunk, Kind, read
from handlers.slack.pieces import Piece, cut, joined, merged, text_of
from handlers.slack.texts import escaped

Json = dict[str, Any]

_NAME = 25  # characters, about, of what each reader sees in their own way


def rich_text(markdown: str, *, limit: int) -> list[Json]:
    """The elements of a `rich_text` block, with at most `limit` characters of text; none of an empty text."""
    return _elements(within(read(markdown), limit))


def listed(items: Sequence[Sequence[str | Named]], *, limit: int) -> list[Json]:
    """A list of as many of the items as there is room for; where some are left out it says so."""
    lines = [line for line in ([e for each in item for e in _within_item(each)] for item in items) if line]
    room, kept = limit, 0
    for line in lines:
        room -= sum(len(each.get("text", "")) or _NAME for each in line)
        if room < 0:
            break
        kept += 1
    if kept < len(lines):
        lines = [*lines[:kept], [{"type": "text", "text": "…"}]]
    items_shown = [{"type": "rich_text_section", "elements": line} for line in lines]
    return [{"type": "rich_text_list", "style": "bullet", "elements": items_shown}] if items_shown else []


def _within_item(each: str | Named) -> list[Json]:
    match each:
        case Who(member):
            return [{"type": "user", "user_id": member}]
        case Where(channel):
            return [{"type": "channel", "channel_id": channel}]
        case When(at):
            return [
                {
                    "type": "date",
                    "timestamp": int(at.timestamp()),
                    "format": "{date_short_pretty}, {time}",
                    "fallback": phrases.moment(at),
                }
            ]
        case str():
            words = joined([chunk.pieces for chunk in read(each)])
            before, after = (Piece(" " if end.isspace() else "") for end in (each[:1], each[-1:]))
            pieces = (before, *words, after) if words else (before,)  # Markdown drops the blanks at the ends
            return [_element(piece) for piece in merged(pieces)]


def small(markdown: str, *, limit: int) -> Json | None:
    """A text object for a `context` block: plain, or with links and nothing else that Slack obeys."""
    pieces = cut(joined([each.pieces for each in read(markdown)]), min(limit, TEXT), border=" ")
    text = text_of(pieces).strip()
    if not text:
        return None
    linked = "".join(map(_mrkdwn, pieces)).strip()
    if len(linked) <= TEXT and any(piece.url for piece in pieces):
        return {"type": "mrkdwn", "text": linked, "verbatim": True}
    return {"type": "plain_text", "text": text, "emoji": False}


def rich_block(elements: Sequence[Json]) -> Json:
    return {"type": "rich_text", "elements": list(elements)}


def preformatted(text: str) -> Json:
    return {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": safe.reveal(text)}]}


def section(*pieces: Piece) -> Json:
    return {"type": "rich_text_section", "elements": [_element(piece) for piece in merged(pieces)]}


def _elements(chunks: Sequence[Chunk]) -> list[Json]:
    made: list[Json] = []
    for kind, group in groupby(chunks, key=lambda chunk: chunk.kind):
        lines = [chunk.pieces for chunk in group]
        match kind:
            case Kind.BULLET | Kind.NUMBER:
                items = [section(*line) for line in lines]
                made.append({"type": "rich_text_list", "style": kind.value, "elements": items})
            case Kind.CODE:
                made += [preformatted(text_of(line)) for line in lines]
            case Kind.QUOTE:
                made += [{**section(*line), "type": "rich_text_quote"} for line in lines]
            case Kind.PARAGRAPH:
                after_list = bool(made) and made[-1]["type"] == "rich_text_list"
                gap = (Piece("\n"),) if after_list else ()
                made.append(section(*gap, *joined(lines, by="\n\n")))
            case Kind.REST:
                made.append(section(Piece(REST)))
    return made


def _element(piece: Piece) -> Json:
    style = {"style": dict.fromkeys(sorted(piece.style), True)} if piece.style else {}
    if piece.url:
        return {"type": "link", "url": piece.url, "text": piece.text, **style}
    return {"type": "text", "text": piece.text, **style}


def _mrkdwn(piece: Piece) -> str:
    text = escaped(piece.text).replace("`", "'")
    if piece.url:
        label = " ".join(text.split()) or html.escape(piece.url, quote=False)
        return f"<{html.escape(piece.url, quote=False)}|{label}>"
    return f"`{text}`" if "code" in piece.style and text.strip() and "\n" not in text else text
