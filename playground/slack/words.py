"""What people read in blocks, as plain lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from playground.slack.answers import Json

# Of an object, what is read in it and in which order.
READ = [
    "title",
    "rich_text_title",
    "subtitle",
    "label",
    "text",
    "body",
    "fields",
    "tasks",
    "details",
    "output",
    "elements",
    "element",
    "accessory",
    "options",
    "child_blocks",
    "rows",
    "caption",
    "hint",
    "placeholder",
    "actions",
    "sources",
]
IN_ONE_LINE = {"rich_text_section", "rich_text_quote", "rich_text_preformatted"}


def words_of(blocks: Sequence[Json]) -> str:
    return "\n".join(line for block in blocks for line in _lines(block) if line)


def _lines(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [line for inner in value for line in _lines(inner)]
    if not isinstance(value, dict):
        return []
    kind = value.get("type")
    if kind in IN_ONE_LINE:
        return ["".join(_said(inner) for inner in value.get("elements", []))]
    status = [f"[{value['status']}]"] if kind == "task_card" else []
    return status + [line for key in READ if key in value for line in _lines(value[key])]


def _said(element: Json) -> str:
    """One piece of rich text."""
    match element.get("type"):
        case "user":
            return f"<@{element.get('user_id')}>"
        case "usergroup":
            return f"<!subteam^{element.get('usergroup_id')}>"
        case "channel":
            return f"<#{element.get('channel_id')}>"
        case "broadcast":
            return f"<!{element.get('range')}>"
        case "emoji":
            return f":{element.get('name')}:"
        case _:
            return str(element.get("text") or element.get("url") or element.get("fallback") or "")
