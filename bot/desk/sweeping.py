"""What the queue forgot, found in the ledger: nothing that was accepted is lost with Redis."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import structlog

from bot.actions import ACTIONS
from bot.desk.model import Desk
from bot.errors import Hiccup
from bot.ledger.fence import FencedError
from bot.outcome import settle
from bot.reports import refusals
from bot.runs import Run, RunState, StepState

log = structlog.get_logger(__name__)

UNHEARD = timedelta(seconds=3)  # a delivery that the queue brought nobody for this long
MOST_EPOCHS = 3  # workers that a run may lose before it ends: it may be the run that kills them


def sweep(desk: Desk) -> None:
    """Remind the queue of everything that is due; end what will not come back."""
    now = desk.clock.now()
    try:
        for delivery in desk.ledger.deliveries.due(now - UNHEARD):
            desk.queue.deliver(delivery)
        for run in desk.ledger.runs.remind(RunState.QUEUED, now):
            desk.queue.perform(run)
        for run in desk.ledger.runs.remind(RunState.PUBLISHING, now):
            desk.queue.publish(run)
    except Hiccup as hiccup:
        log.info("sweep.queue_away", why=str(hiccup))
    for lost in desk.ledger.runs.lapsed(now):
        _take_over(desk, lost)


def _take_over(desk: Desk, run: Run) -> None:
    """A run whose worker is lost begins again, unless something was done that may not be done twice."""
    now = desk.clock.now()
    try:
        if run.cancelled_by:
            _end(desk, run, RunState.CANCELLED, refusals.cancelled_by(run.cancelled_by))
        elif may_begin_again(run):
            desk.ledger.runs.begin_again(run, refusals.began_again(), now)
            desk.queue.perform(run.id)
        else:
            _end(desk, run, RunState.FAILED, refusals.lost_hands())
    except FencedError:
        return  # its worker came back just now, or another desk was faster
    except Hiccup as hiccup:
        log.info("sweep.queue_away", why=str(hiccup))
    log.warning("run.taken_over", run=run.id, epoch=run.epoch)
    desk.told(run.id)


def may_begin_again(run: Run) -> bool:
    """Pure. A box has no way out but its changes, so only what began counts, and how often it was tried."""
    begun = [step for step in run.steps if step.state is not StepState.PENDING]
    repeatable = all(ACTIONS[step.action.action_type].repeatable for step in begun)
    return repeatable and run.epoch < MOST_EPOCHS


def _end(desk: Desk, run: Run, state: RunState, reason: str) -> None:
    now = desk.clock.now()
    running = [step for step in run.steps if step.state is StepState.RUNNING]
    pending = [step for step in run.steps if step.state is StepState.PENDING]
    settled = (
        *settle(
            (replace(step, ended_at=now) for step in running), StepState.INTERRUPTED, "Its worker was lost."
        ),
        *settle(pending, StepState.SKIPPED, "The run ended before it."),
    )
    desk.ledger.runs.end(run.id, run.epoch, state, now, reason=reason, last_steps=settled)
