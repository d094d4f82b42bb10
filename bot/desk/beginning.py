"""Beginning a run: one row in the ledger with the surfaces that show it, then a word to the hands."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from bot.desk.model import Desk
from bot.errors import Hiccup
from bot.ids import Person, RunId, new_page_key, new_run_id
from bot.ledger.runs import NewRun
from bot.ledger.surfaces import NewSurface, SurfaceKind
from bot.limits import Limits
from bot.plans.model import Plan
from bot.runs import Run, Target

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Wish:
    """A permitted run. `key` names the command, so that the same command never begins two."""

    key: str
    plan: Plan
    target: Target
    requester: Person
    request_url: str
    limits: Limits
    image: str


def begin(desk: Desk, wish: Wish) -> Run | None:
    """The queued run, or None when this command has its run already."""
    run_id = new_run_id()
    new = NewRun(
        id=run_id,
        ask_key=wish.key,
        target=wish.target,
        requester=wish.requester,
        request_url=wish.request_url,
        plan=wish.plan,
        limits=wish.limits,
        page_key=new_page_key(),
        image=wish.image,
    )
    run = desk.ledger.runs.begin(new, _surfaces(wish.target, run_id), desk.clock.now())
    if run is None:
        return None
    try:
        desk.queue.perform(run.id)
    except Hiccup as hiccup:
        log.info("run.queue_away", run=run.id, why=str(hiccup))  # the sweeper reminds the queue
    desk.told(run.id)
    return run


def _surfaces(target: Target, run: RunId) -> list[NewSurface]:
    return [
        NewSurface(key=f"{kind}:{run}", kind=kind, place=target.place, number=target.number, run=run)
        for kind in (SurfaceKind.CHECK_RUN, SurfaceKind.COMMENT)
    ]
