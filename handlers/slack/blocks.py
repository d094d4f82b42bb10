"""A message of ours as Slack's blocks, made shorter until Slack takes it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.chat.message import Message, Part, Prose
from bot.reports import safe
from handlers.slack import limits
from handlers.slack.ids import with_ids
from handlers.slack.limits import Limit
from handlers.slack.parts import blocks_of
from handlers.slack.rich_text import rich_block
from handlers.slack.room import ROOMS, Room, without_least
from handlers.slack.texts import escaped

Json = dict[str, Any]

_MEMBER = re.compile(r"[UW][A-Z0-9_]+")


def blocks(message: Message, *, version: str, plain: bool = False) -> tuple[str, list[Json]]:
    """The notification and the blocks. `plain`: without blocks that not every workspace knows.

    `version` is another one each time that a message is changed. A button's `action_id` is its action, an
    `Open`'s is its action and a number after a colon, and so is every one that would be there twice.
    """
    text = notification(message.summary)
    page = Page(version=version, plain=plain, within=limits.MESSAGE, text=text, mentions=message.mentions)
    return text, page.blocks(message.parts)


def notification(summary: str) -> str:
    """One line for a phone: nobody is called by it, and it holds no marks."""
    room = limits.NOTIFICATION
    line = safe.one_line(summary, limit=room) or "…"
    while len(escaped(line)) > limits.NOTIFICATION:
        room -= 1
        line = safe.one_line(line, limit=room)
    return escaped(line)


@dataclass(frozen=True)
class Page:
    """A message, or a member's home: the parts on it share the room and the names."""

    version: str
    plain: bool
    within: Limit
    text: str = ""
    mentions: str = ""

    def blocks(self, parts: Sequence[Part]) -> list[Json]:
        """All parts in the largest size that fits."""
        parts = without_least(parts, len(parts) - self.within.blocks)
        size = bisect_left(ROOMS, True, key=lambda room: self._fits(parts, room))
        if size < len(ROOMS):
            return self._made(parts, ROOMS[size])
        least = ROOMS[-1]
        less = range(len(parts) + 1)
        drop = bisect_left(less, True, key=lambda many: self._fits(without_least(parts, many), least))
        return self._made(without_least(parts, drop), least)

    def _fits(self, parts: Sequence[Part], room: Room) -> bool:
        return limits.fits(self.text, self._made(parts, room), self.within)

    def _made(self, parts: Sequence[Part], room: Room) -> list[Json]:
        shown = [(part, block) for part in parts for block in blocks_of(part, room, plain=self.plain)]
        bare = [block for _, block in shown]
        if _MEMBER.fullmatch(self.mentions):
            first = next((place for place, (part, _) in enumerate(shown) if isinstance(part, Prose)), None)
            bare = _calling(self.mentions, bare, first)
        return with_ids(bare, self.version)


def _calling(member: str, bare: list[Json], first: int | None) -> list[Json]:
    """One mention in front of the first Prose, or of everything."""
    user = {"type": "user", "user_id": member}
    if first is None:
        return [rich_block([{"type": "rich_text_section", "elements": [user]}]), *bare]
    elements = bare[first]["elements"]
    begins = elements[0]["elements"] if elements[0]["type"] == "rich_text_section" else []
    called = {"type": "rich_text_section", "elements": [user, *_after(begins)]}
    rest = elements[1:] if begins else elements
    return [*bare[:first], rich_block([called, *rest]), *bare[first + 1 :]]


def _after(begins: list[Json]) -> list[Json]:
    return [{"type": "text", "text": " "}, *begins] if begins else []
