"""One part of a message as Slack's blocks, in the room that it is given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.chat.message import Buttons, Choice, Footnote, Heading, Listing, Output, Part, Prose, Steps
from bot.reports import safe
from handlers.slack import limits
from handlers.slack.buttons import buttons, menu
from handlers.slack.rich_text import listed, preformatted, rich_block, rich_text, small
from handlers.slack.room import Room
from handlers.slack.steps import as_list, as_plan
from handlers.slack.texts import last_lines, plain_text

Json = dict[str, Any]

OUTPUT_LINES = 12
READ_OF_OUTPUT = 20_000  # characters of the end, before escapes and overwritten lines are gone


def blocks_of(part: Part, room: Room, *, plain: bool) -> list[Json]:
    match part:
        case Heading(text):
            return [{"type": "header", "text": plain_text(text, min(room.other, limits.HEADER))}]
        case Prose(markdown, whole):
            return _rich_if_any(rich_text(markdown, limit=Room().prose if whole else room.prose))
        case Listing(items):
            return _rich_if_any(listed(items, limit=room.prose))
        case Steps():
            return [as_list(part, room) if plain else as_plan(part, room)]
        case Output(text):
            return _output(text, room.output)
        case Footnote(markdown):
            words = small(markdown, limit=room.other)
            return [{"type": "context", "elements": [words]}] if words else []
        case Buttons():
            return buttons(part, room)
        case Choice():
            return menu(part, room)


def _rich_if_any(elements: Sequence[Json]) -> list[Json]:
    return [rich_block(elements)] if elements else []


def _output(text: str, limit: int) -> list[Json]:
    text = safe.clean(text[-READ_OF_OUTPUT:]).strip("\n")
    kept = last_lines(text, lines=OUTPUT_LINES, characters=limit)
    return [rich_block([preformatted(kept)])] if kept.strip() else []
