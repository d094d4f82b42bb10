"""What may be remembered for a minute: what a list to choose from needs, and which channels are shared.

What is chosen from a list is decided on live.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.ports import Role, Whereabouts

FRESH_S = 60.0


@dataclass
class Remembered:
    """Which repositories there are; who may do what in them, by repository and person; which channels
    another workspace reads, by workspace and channel."""

    repositories: tuple[Whereabouts, ...] = ()
    looked_at: float = -FRESH_S
    roles: dict[tuple[int, int], tuple[float, Role]] = field(default_factory=dict)
    shared: dict[tuple[str, str], tuple[float, bool]] = field(default_factory=dict)
