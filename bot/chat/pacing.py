"""How fast we may speak in a chat: a post a second and channel, and so many changes a minute and workspace.

Slack allows about one post a second in a channel, and 50 `chat.update` a minute in a workspace (tier 3).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.errors import Crowded
from bot.ledger import Ledger
from bot.ledger.moments import after
from bot.ledger.surfaces import Surface, SurfaceKind
from bot.ports import Clock

SLOW = "Slack asked me to slow down."
_CHANGED = frozenset({SurfaceKind.CHAT_RUN, SurfaceKind.CHAT_FAILED})


@dataclass(frozen=True)
class Gaps:
    """`post` is of one channel, `update` of one workspace."""

    post: timedelta = timedelta(seconds=1)
    update: timedelta = timedelta(seconds=1.3)


@dataclass(frozen=True)
class Pacing:
    """The same for all desks: it is in the ledger."""

    ledger: Ledger
    clock: Clock
    gaps: Gaps

    def post(self, line: str, now: datetime) -> None:
        """Crowded, with nothing done, when it is too early."""
        self._take(posting(line), self.gaps.post, now)

    def update(self, line: str, now: datetime) -> None:
        self._take(updating(line), self.gaps.update, now)

    def close(self, names: Iterable[str], seconds: float) -> None:
        """Slack itself asked for silence."""
        until = after(self.clock.now(), seconds)
        for name in names:
            self.ledger.paces.close(name, until)

    def closed_s(self, name: str) -> float:
        now = self.clock.now()
        return (self.ledger.paces.look([name], now).get(name, now) - now).total_seconds()

    def look(self, surfaces: Iterable[Surface], now: datetime) -> Mapping[str, datetime]:
        """When what these need is free; what is not in it is free."""
        return self.ledger.paces.look({need_of(each) for each in surfaces}, now)

    def _take(self, name: str, gap: timedelta, now: datetime) -> None:
        if not self.ledger.paces.take(name, gap, now):
            raise Crowded(gap.total_seconds(), SLOW)


def posting(line: str) -> str:
    return f"post:{line}"


def updating(line: str) -> str:
    return f"update:{line.partition(':')[0]}"


def asking(team: str, method: str) -> str:
    """What is neither posted nor changed has no pace of ours; it is closed when Slack asks for that."""
    return f"ask:{team}:{method}"


def need_of(surface: Surface) -> str:
    """What has to be free before this surface is shown."""
    changed = surface.kind in _CHANGED and surface.remote_id is not None
    return updating(surface.line) if changed else posting(surface.line)
