"""The desk's loop that makes surfaces of some kinds true, several at once."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import structlog

from bot.budget import Budget
from bot.chat.pacing import Pacing
from bot.desk.model import Desk
from bot.ledger.surfaces import CHATS, Surface, SurfaceKind
from bot.processes.threads import Loop, repeat
from bot.recording import DESK_TOPIC
from bot.speaking import choose
from bot.surfaces import Reconciler

log = structlog.get_logger(__name__)

SPEAKERS = 4  # surfaces changed at once
LOOK_S = 1.0  # the longest that a tap on the shoulder can be missed
BROKEN_WAIT = timedelta(minutes=1)


def speaking(
    desk: Desk, reconciler: Reconciler, kinds: Collection[SurfaceKind], budget: Budget, pacing: Pacing
) -> Loop:
    """Shows what is due and has room, then waits to be told or for the next moment at which something is."""

    def show(claimed: Surface) -> None:
        surface = desk.ledger.surfaces.hold(claimed, desk.clock.now())
        if surface is None:
            log.info("surface.taken", surface=claimed.key)  # it waited for long, and another desk was faster
            return
        try:
            reconciler.show(surface)
        except Exception as bug:  # one surface that breaks must not silence the others
            log.exception("surface.broke", surface=surface.key)
            desk.ledger.surfaces.fail(surface, repr(bug), desk.clock.now() + BROKEN_WAIT)

    def show_in_order(surfaces: list[Surface]) -> None:
        for surface in surfaces:
            show(surface)

    def loop(stopping: threading.Event) -> None:
        with ThreadPoolExecutor(SPEAKERS, "speaking") as pool:

            def once() -> None:
                now = desk.clock.now()
                due = desk.ledger.surfaces.due(now, kinds)
                spent = budget.look({each.surface.place.installation for each in due}) if due else {}
                taken = pacing.look([each.surface for each in due if each.surface.kind in CHATS], now)
                choice = choose(due, spent, budget.rates, now, taken=taken)
                mine = desk.ledger.surfaces.claim(choice.now, now)
                if mine:
                    list(pool.map(show_in_order, _by_conversation(mine)))
                    return
                wait_s = choice.wait_s or _until(desk.ledger.surfaces.next_due(now, kinds), now)
                desk.signals.wait(DESK_TOPIC, min(max(wait_s, 0.01), LOOK_S))

            repeat(once, stopping, every_s=0)

    return loop


def _until(moment: datetime | None, now: datetime) -> float:
    return LOOK_S if moment is None else (moment - now).total_seconds()


def _by_conversation(due: Iterable[Surface]) -> list[list[Surface]]:
    """Replies in one issue or pull request are said in their order; nothing else waits for anything."""
    groups: dict[object, list[Surface]] = {}
    for surface in due:
        talks = surface.kind is SurfaceKind.REPLY
        groups.setdefault((surface.place.repo_id, surface.number) if talks else surface.id, []).append(
            surface
        )
    return list(groups.values())
