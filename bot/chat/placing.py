"""Where a run is shown in a chat: its one message, and below that its log and its end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.chat.model import Spot
from bot.ids import Place, RunId
from bot.ledger.surfaces import NewSurface, Surface, SurfaceKind


def run_surfaces(
    place: Place,
    number: int,
    run: RunId,
    spot: Spot,
    *,
    to: str = "",
    failures_only: bool = False,
    away: bool = False,
) -> Sequence[NewSurface]:
    """The one message of a run in a channel, its log as a file, and its end, told to who asked.

    A channel of "" is the direct talk with whom it is told `to`. `away`: because we are not where they asked.
    """
    line = spot.line_with(to)
    kind = SurfaceKind.CHAT_FAILED if failures_only else SurfaceKind.CHAT_RUN
    key = f"{kind}:{line}:{run}"
    where = {"team": spot.team, "channel": spot.channel, "thread": spot.thread}
    content = {**where, "to": to, "head": key, "away": away}
    head = NewSurface(key, kind, place, number, run=run, content=content, line=line)
    return [head] if failures_only else [head, *_below(head, run, content)]


def below(head: Surface, run: RunId, *, to: str) -> Sequence[NewSurface]:
    """The log and the end of a run that is shown there already, told to who asks for it once more."""
    return _below(head, run, {**head.content, "to": to})


def _below(head: Surface | NewSurface, run: RunId, content: dict[str, Any]) -> Sequence[NewSurface]:
    return [
        NewSurface(
            f"{kind}:{head.line}:{run}",
            kind,
            head.place,
            head.number,
            run=run,
            content=content,
            line=head.line,
        )
        for kind in (SurfaceKind.CHAT_LOG, SurfaceKind.CHAT_END)
    ]
