"""A run that has ended, once more: a new attempt of the same plan, with what it did before kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from bot.desk.approving import gate_for
from bot.desk.model import Desk
from bot.desk.policing import Undertaking, judged
from bot.errors import UserError
from bot.ids import Person
from bot.ledger.attempts import NewAttempt
from bot.ledger.surfaces import NewSurface
from bot.policy import Came
from bot.ports import Role
from bot.reports import refusals
from bot.retrying import Choice, Everything, again, only_the_desk
from bot.rules import Rules
from bot.runs import Run, RunState, Target

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class OnceMore:
    """A permitted retry. `key` names the command or the press, so that it is followed once."""

    key: str
    run: Run
    choice: Choice
    target: Target
    requester: Person
    role: Role
    request_url: str
    rules: Rules
    came: Came = Came.GITHUB
    shown_on: Sequence[NewSurface] = ()


def begin_attempt(desk: Desk, wish: OnceMore) -> Run | None:
    """The run as it goes on, or None when this command has its attempt already. UserError says why not."""
    past = desk.ledger.runs.get(wish.run.id) or wish.run
    if desk.ledger.attempts.has(wish.key):
        return None
    provenance = desk.ledger.runs.provenance(past.id)
    wanted = Undertaking("retry", wish.requester, wish.role, past.plan, wish.target, provenance, wish.came)
    judgement = judged(desk, wanted, wish.rules.policy)
    moved = past.target.sha != wish.target.sha
    tree = None if moved or wish.choice == Everything() else desk.ledger.runs.tree(past.id)
    steps = again(past, wish.choice, tree=tree)
    gate = gate_for(desk, past.plan, wish.target, judgement)
    publishes = not moved and only_the_desk(past, steps) and desk.ledger.runs.tree(past.id) is not None
    begins = RunState.PUBLISHING if publishes else RunState.QUEUED
    new = NewAttempt(
        run=past,
        key=wish.key,
        requester=wish.requester,
        request_url=wish.request_url,
        target=wish.target,
        steps=steps,
        state=begins if gate is None else RunState.PARKED,
        limits=wish.rules.limits,
        image=wish.rules.image or "",
        equipment=wish.rules.equipment,
        judgement=judgement,
        came=wish.came,
        gate=gate,
        shown_on=wish.shown_on,
    )
    run = desk.ledger.attempts.begin(new, desk.clock.now())
    if run is None and not desk.ledger.attempts.has(wish.key):
        raise UserError(refusals.still_going(past.id))  # somebody else was faster, and is told to be
    if run is not None:
        desk.goes_on(run)
    return run
