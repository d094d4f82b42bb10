"""How much each kind of thing may take in a message, and what gives way first where Slack takes no more.

Output gives way first, then Prose that need not be whole, the notes of tasks, and tasks in the middle. What
people press stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bot.chat.message import Part
from handlers.slack import limits


@dataclass(frozen=True)
class Room:
    """How many characters each of a kind may have, and how many tasks are shown."""

    output: int = 1_500
    prose: int = 8_000
    note: int = 200
    tasks: int = limits.TASKS
    other: int = limits.TEXT


_SHORTER: tuple[tuple[str, tuple[int, ...]], ...] = (
    ("output", (1_000, 600, 300)),
    ("prose", (6_000, 4_500, 3_400, 2_500, 1_900, 1_400, 1_000, 700, 500, 300)),
    ("note", (100, 40, 0)),
    ("tasks", (40, 30, 20, 12, 8, 5)),
    ("other", (300, 150, 75, 40, 20)),
)
# Where even the shortest of everything does not fit, whole parts go, the last first, in this order.
_LEAST = ("output", "listing", "prose", "footnote", "steps", "choice", "buttons", "heading")


def _rooms() -> Iterator[Room]:
    room = Room()
    yield room
    for name, sizes in _SHORTER:
        for size in sizes:
            room = replace(room, **{name: size})
            yield room


ROOMS = tuple(_rooms())


def without_least(parts: Sequence[Part], many: int) -> tuple[Part, ...]:
    order = sorted(range(len(parts)), key=lambda place: (_LEAST.index(parts[place].kind), -place))
    return tuple(parts[place] for place in sorted(order[max(0, many) :]))
