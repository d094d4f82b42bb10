"""The third judge: how long, how many and how often, of which neither slack_sdk nor the types know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
BLOCKS_IN_MESSAGE, BLOCKS_IN_VIEW = 50, 100
# Undocumented: 9,597 characters passed and 11,341 were refused (slackapi/bolt-js#2867).
SUM_ADVISED, SUM_REFUSED = 9_000, 10_000

# Of a kind of thing, how many characters its fields may have; a field may be a string or a text object.
CHARACTERS: dict[str, dict[str, int]] = {
    "header": {"text": 150},
    "section": {"text": 3_000},
    "button": {"text": 75, "value": 2_000, "url": 3_000, "accessibility_label": 75},
    "workflow_button": {"text": 75},
    "option": {"text": 75, "value": 150, "description": 75, "url": 3_000},
    "group": {"label": 75},
    "confirm": {"title": 100, "text": 300, "confirm": 30, "deny": 30},
    "input": {"label": 2_000, "hint": 2_000},
    "plain_text_input": {"initial_value": 3_000},
    "image": {"alt_text": 2_000, "image_url": 3_000, "title": 2_000},
    "markdown": {"text": 12_000},
    "card": {"title": 150, "subtitle": 150, "body": 200},
    "container": {"title": 150, "subtitle": 150},
    "video": {"author_name": 50},
    "modal": {"title": 24, "submit": 24, "close": 24},
}
ANYWHERE = {"action_id": 255, "block_id": 255, "placeholder": 150}
IN_VIEWS = {"private_metadata": 3_000, "callback_id": 255, "external_id": 255}
TEXT = 3_000  # of any text object that has no narrower limit
FIELD = 2_000  # of a section
# Of a kind of thing, how many items its lists may have; none of them may be empty.
ITEMS: dict[str, dict[str, int]] = {
    "section": {"fields": 10},
    "actions": {"elements": 25},
    "context": {"elements": 10},
    "context_actions": {"elements": 5},
    "overflow": {"options": 5},
    "checkboxes": {"options": 10},
    "radio_buttons": {"options": 10},
    "static_select": {"options": 100, "option_groups": 100},
    "multi_static_select": {"options": 100, "option_groups": 100},
    "group": {"options": 100},
    "answer": {"options": 100, "option_groups": 100},
    "table": {"rows": 100},
    "carousel": {"elements": 10},
    "container": {"child_blocks": 10},
}
TEXT_OBJECTS = {"plain_text", "mrkdwn"}
MESSAGES_ONLY = {
    *("markdown", "plan", "task_card", "table", "data_table"),
    *("context_actions", "card", "carousel"),
}
MODALS_ONLY = {"file_input"}
# What things without a type of their own are, by the key they stand under.
UNTYPED = {
    "confirm": "confirm",
    "options": "option",
    "initial_option": "option",
    "initial_options": "option",
    "option_groups": "group",
}


@dataclass(frozen=True, slots=True)
class _Thing:
    """An object somewhere in blocks: where it is, and what."""

    path: str
    kind: str
    body: Json


def _things(value: Any, path: str, key: str = "") -> Iterator[_Thing]:
    if isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _things(inner, f"{path}/{place}", key)
    elif isinstance(value, dict):
        yield _Thing(path, str(value.get("type") or UNTYPED.get(key, "")), value)
        for name, inner in value.items():
            yield from _things(inner, f"{path}/{name}", name)


def _length(value: Any) -> int:
    """Of a string, or of a text object's text; 0 of anything else."""
    text = value.get("text") if isinstance(value, dict) else value
    return len(text) if isinstance(text, str) else 0


def sum_of_text(blocks: Any) -> int:
    """How many characters people would read in these blocks."""
    if isinstance(blocks, list):
        return sum(sum_of_text(inner) for inner in blocks)
    if not isinstance(blocks, dict):
        return 0
    words = sum(len(blocks[key]) for key in ("text", "title") if isinstance(blocks.get(key), str))
    return words + sum(sum_of_text(inner) for inner in blocks.values() if isinstance(inner, dict | list))


def complaints_about_message(blocks: list[Json]) -> Iterator[str]:
    if len(blocks) > BLOCKS_IN_MESSAGE:
        yield f"{len(blocks)} blocks are more than a message's {BLOCKS_IN_MESSAGE}"
    yield from _about(blocks, "/blocks")
    yield from (f"{it.path}: {it.kind} stands in modals only" for it in _kinds(blocks, MODALS_ONLY))


def complaints_about_view(view: Json) -> Iterator[str]:
    blocks = view["blocks"]
    if len(blocks) > BLOCKS_IN_VIEW:
        yield f"{len(blocks)} blocks are more than a view's {BLOCKS_IN_VIEW}"
    yield from _about(view, "")
    yield from (f"{it.path}: {it.kind} stands in messages only" for it in _kinds(blocks, MESSAGES_ONLY))
    asks = any(block["type"] == "input" for block in blocks)
    if view.get("type") == "modal" and asks and not view.get("submit"):
        yield "/submit: a modal with an input needs it"
    yield from _too_long(_Thing("", "", view), IN_VIEWS)


def complaints_about_options(answer: Json) -> Iterator[str]:
    for thing in _things({**answer, "type": "answer"}, ""):
        yield from _about_thing(thing)


def _kinds(blocks: list[Json], wanted: set[str]) -> Iterator[_Thing]:
    return (thing for thing in _things(blocks, "/blocks") if thing.kind in wanted)


def _about(value: Any, path: str) -> Iterator[str]:
    things = list(_things(value, path))
    for thing in things:
        yield from _about_thing(thing)
    for key in ("action_id", "block_id"):
        given = Counter(thing.body[key] for thing in things if isinstance(thing.body.get(key), str))
        yield from (f"{key} {name!r} is given {times} times" for name, times in given.items() if times > 1)


def _about_thing(thing: _Thing) -> Iterator[str]:
    yield from _too_long(thing, CHARACTERS.get(thing.kind, {}) | ANYWHERE)
    if thing.kind in TEXT_OBJECTS and _length(thing.body) > TEXT:
        yield f"{thing.path}: {_length(thing.body)} characters are more than {TEXT}"
    if thing.kind in TEXT_OBJECTS | {"text", "raw_text", "markdown"} and not _length(thing.body):
        yield f"{thing.path}: the text is empty"
    if thing.kind == "section":
        for place, field in enumerate(thing.body.get("fields") or []):
            if _length(field) > FIELD:
                yield f"{thing.path}/fields/{place}: {_length(field)} characters are more than {FIELD}"
    for key, most in ITEMS.get(thing.kind, {}).items():
        items = thing.body.get(key)
        empty_is_fine = thing.kind == "answer"  # nothing was found
        if isinstance(items, list) and (len(items) > most or not (items or empty_is_fine)):
            yield f"{thing.path}/{key}: {len(items)} items are not 1 to {most}"


def _too_long(thing: _Thing, limits: dict[str, int]) -> Iterator[str]:
    for key, most in limits.items():
        length = _length(thing.body.get(key))
        if length > most:
            yield f"{thing.path}/{key}: {length} characters are more than {most}"
