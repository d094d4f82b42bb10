"""Slack's limits: how much a text, a message or a view may hold, and whether something fits."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

# Characters, unless something else is said. All but those of tasks and plans are in Slack's documents.
HEADER = 150
BUTTON = 75
VALUE = 2_000  # of a button
URL = 3_000
TEXT = 3_000  # of any text object
CONFIRM_TITLE, CONFIRM_TEXT, CONFIRM_BUTTON = 100, 300, 30
OPTION, OPTION_VALUE, OPTIONS = 75, 150, 100
PLACEHOLDER = 150
IN_ACTIONS = 25  # buttons and lists in one block
ID = 255  # of a block or an action
PRIVATE = 3_000  # of what a view keeps for us
INPUT = 3_000  # of what somebody types
NOTIFICATION = 300
PLAN, TASK, TASKS = 150, 120, 50


@dataclass(frozen=True)
class Limit:
    blocks: int
    weight: int


# What the blocks of a message may hold together is not documented. 9,597 characters passed and 11,341 did not
# (slackapi/bolt-js#2867); in other scripts it is bytes that fit what was seen, with the details of a task
# counted twice (openclaw/openclaw#143882).
MESSAGE = Limit(blocks=50, weight=8_900)
VIEW = Limit(blocks=100, weight=30_000)

_SHOWN = ("text", "title")
_TWICE = ("details",)


def weight(shown: object) -> int:
    """Bytes of what people read in blocks and of the addresses behind it: rather too many than too few."""
    if isinstance(shown, list):
        return sum(map(weight, shown))
    if not isinstance(shown, dict):
        return 0
    own = sum(_size(shown[key]) for key in _SHOWN if isinstance(shown.get(key), str))
    if shown.get("type") == "link":
        own += _size(shown["url"])
    return own + sum(weight(inner) * (2 if key in _TWICE else 1) for key, inner in shown.items())


def fits(text: str, blocks: Sequence[Json], within: Limit) -> bool:
    """Whether Slack takes these blocks with this notification."""
    return len(blocks) <= within.blocks and _size(text) + weight(list(blocks)) <= within.weight


def _size(text: str) -> int:
    return len(html.escape(text, quote=False).encode())
