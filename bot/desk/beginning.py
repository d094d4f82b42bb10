"""Beginning a run: one row in the ledger with the surfaces that show it, then a word to the hands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from bot.desk.approving import gate_for
from bot.desk.model import Desk
from bot.desk.policing import Undertaking, judged
from bot.equipment import Equipment
from bot.ids import Person, RunId, new_page_key, new_run_id
from bot.ledger.runs import NewRun
from bot.ledger.surfaces import NewSurface, SurfaceKind
from bot.limits import Limits
from bot.planning.model import Planned
from bot.policy import Came, Policy
from bot.ports import Role
from bot.runs import Run, Supersede, Target

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Wish:
    """A permitted run. `key` names the command, so that the same command never begins two."""

    key: str
    planned: Planned
    target: Target
    requester: Person
    role: Role
    request_url: str
    limits: Limits
    image: str
    equipment: Equipment
    supersede: Supersede
    policy: Policy
    came: Came = Came.GITHUB


def begin(desk: Desk, wish: Wish, *, shown_on: Callable[[RunId], Sequence[NewSurface]]) -> Run | None:
    """The run, queued or parked; None when this command has its run already. UserError when it is denied.

    `shown_on` are the surfaces beside those of GitHub.
    """
    if desk.ledger.runs.has(wish.key):
        return None  # it was judged when it was heard first
    plan, provenance = wish.planned.plan, wish.planned.provenance
    wanted = Undertaking("run", wish.requester, wish.role, plan, wish.target, provenance, wish.came)
    judgement = judged(desk, wanted, wish.policy)
    run_id = new_run_id()
    new = NewRun(
        id=run_id,
        ask_key=wish.key,
        target=wish.target,
        requester=wish.requester,
        request_url=wish.request_url,
        plan=plan,
        limits=wish.limits,
        page_key=new_page_key(),
        image=wish.image,
        equipment=wish.equipment,
        supersede=wish.supersede,
        notes=() if wish.planned.made is None else wish.planned.made.warnings,
        provenance=provenance,
        judgement=judgement,
        came=wish.came,
        gate=gate_for(desk, plan, wish.target, judgement),
    )
    surfaces = [*_surfaces(wish.target, run_id), *shown_on(run_id)]
    run = desk.ledger.runs.begin(new, surfaces, desk.clock.now())
    if run is not None:
        desk.goes_on(run)
    return run


def _surfaces(target: Target, run: RunId) -> list[NewSurface]:
    """What was asked about no issue and no pull request has no conversation on GitHub."""
    kinds = (SurfaceKind.CHECK_RUN, SurfaceKind.COMMENT)[: 2 if target.number else 1]
    return [
        NewSurface(key=f"{kind}:{run}", kind=kind, place=target.place, number=target.number, run=run)
        for kind in kinds
    ]
