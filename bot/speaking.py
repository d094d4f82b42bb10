"""What is said next: of all that is due, what GitHub's limits have room for now. The rest is chosen anew
when there is room, and then shows the newest truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.ids import InstallationId
from bot.ledger.surfaces import Due, Rank, Surface
from bot.pace import Rates, Spent, progress_wait_s, write_wait_s


@dataclass(frozen=True)
class Choice:
    """What is shown now, and how long it takes until more can be; 0 when all could be chosen."""

    now: tuple[Surface, ...]
    wait_s: float


def choose(due: Sequence[Due], spent: Mapping[InstallationId, Spent], rates: Rates, now: datetime) -> Choice:
    """Pure. `due` has the weightiest first; one installation never waits for another."""
    left, chosen, waits = dict(spent), [], []
    for each in due:
        installation = each.surface.place.installation
        budget = left[installation]
        asks = progress_wait_s if each.rank is Rank.PROGRESS else write_wait_s
        wait_s = asks(budget, rates, now)
        if wait_s > 0:
            waits.append(wait_s)
            continue
        left[installation] = budget.written(now)
        chosen.append(each.surface)
    return Choice(tuple(chosen), min(waits, default=0.0))
