"""Slack's elements as tests write them down, and what is found in some."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]


def text(words: str, *style: str) -> Json:
    return {"type": "text", "text": words, **({"style": dict.fromkeys(style, True)} if style else {})}


def section(*elements: Json) -> Json:
    return {"type": "rich_text_section", "elements": list(elements)}


def plain(words: str) -> Json:
    return {"type": "plain_text", "text": words, "emoji": False}


def things(value: Any) -> Iterator[Json]:
    """Every object in blocks."""
    if isinstance(value, list):
        yield from (thing for inner in value for thing in things(inner))
    elif isinstance(value, dict):
        yield value
        yield from (thing for inner in value.values() for thing in things(inner))


def words_in(value: Any) -> str:
    return "".join(thing["text"] for thing in things(value) if isinstance(thing.get("text"), str))
