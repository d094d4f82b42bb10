"""What a list to choose from may remember for a minute. What is chosen is decided on live."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.ports import Role, Whereabouts

FRESH_S = 60.0


@dataclass
class Remembered:
    """Which repositories there are, and who may do what in them, by repository and person."""

    repositories: tuple[Whereabouts, ...] = ()
    looked_at: float = -FRESH_S
    roles: dict[tuple[int, int], tuple[float, Role]] = field(default_factory=dict)
