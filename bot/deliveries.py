"""A delivery: an event as it came through a door, with what tells it apart from every other one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from bot.events import Event


@dataclass(frozen=True)
class Delivery:
    """`guid` names the sending and `content_key` what happened: either one makes it a duplicate.

    Headers are not signed, so the same signed body may come again under another guid.
    """

    guid: str
    event_name: str  # GitHub's own word, for people who read the log
    content_key: str  # 64 hex digits
    event: Event


class Stored(StrEnum):
    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"


# Returns only when the delivery is on disk; whatever it raises makes the sender try again later.
Store = Callable[[Delivery], Awaitable[Stored]]
