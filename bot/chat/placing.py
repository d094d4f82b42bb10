"""What stands where in a chat: a run's one message, below that its log and its end, and what is said once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.chat.message import MESSAGE, Message
from bot.chat.model import NOWHERE, Spot
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


def once(key: str, message: Message, spot: Spot, *, to: str = "", **kept: str) -> NewSurface:
    """What is said once under its key: to all who read there, or `to` one member alone. `kept` stays with it.

    A channel of "" is the direct talk with whom it is told `to`.
    """
    where = {"team": spot.team, "channel": spot.channel, "thread": spot.thread, "to": to}
    content = {**where, "message": MESSAGE.dump_python(message, mode="json"), **kept}
    return NewSurface(key, SurfaceKind.CHAT_SAY, NOWHERE, 0, content=content, line=spot.line_with(to))


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
