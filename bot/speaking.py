"""What is said next: of all that is due, what the limits of GitHub and Slack have room for now. The rest is
chosen anew when there is room, and then shows the newest truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.chat.pacing import need_of
from bot.ids import InstallationId
from bot.ledger.surfaces import CHATS, Due, Rank, Surface
from bot.pace import Rates, Spent, progress_wait_s, write_wait_s


@dataclass(frozen=True)
class Choice:
    """What is shown now, and how long it takes until more can be; 0 when all could be chosen."""

    now: tuple[Surface, ...]
    wait_s: float


def choose(
    due: Sequence[Due],
    spent: Mapping[InstallationId, Spent],
    rates: Rates,
    now: datetime,
    *,
    taken: Mapping[str, datetime],
) -> Choice:
    """Pure. `due` has the weightiest first; one installation or channel never waits for another.

    `taken` is when the paces of a chat are free again, by their names.
    """
    left, chosen, waits = dict(spent), [], []
    busy: set[str] = set()
    for each in due:
        surface = each.surface
        if surface.kind in CHATS:
            need = need_of(surface)
            if need in taken:
                waits.append((taken[need] - now).total_seconds())
            if need not in taken and need not in busy:
                busy.add(need)
                chosen.append(surface)
            continue
        installation = surface.place.installation
        budget = left[installation]
        asks = progress_wait_s if each.rank is Rank.PROGRESS else write_wait_s
        wait_s = asks(budget, rates, now)
        if wait_s > 0:
            waits.append(wait_s)
            continue
        left[installation] = budget.written(now)
        chosen.append(surface)
    return Choice(tuple(chosen), min(waits, default=0.0))
