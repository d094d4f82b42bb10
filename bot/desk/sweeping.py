"""What the queue forgot, found in the ledger: nothing that was accepted is lost with Redis."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import structlog

from bot.desk.approving import look_at_gates
from bot.desk.model import Desk
from bot.errors import Hiccup
from bot.ledger.fence import FencedError
from bot.outcome import settle
from bot.reports import refusals
from bot.retrying import may_begin_again
from bot.runs import Run, RunState, StepState

log = structlog.get_logger(__name__)

UNHEARD = timedelta(seconds=3)  # a delivery that the queue brought nobody for this long
MOST_REMINDERS = 32  # for the workers that are idle: a busy one looks for more by itself


def sweep(desk: Desk) -> None:
    """Remind the queue of everything that is due; end what will not come back."""
    now = desk.clock.now()
    try:
        for delivery in desk.ledger.deliveries.due(now - UNHEARD):
            desk.queue.deliver(delivery)
        may_start = desk.ledger.runs.may_start(now, MOST_REMINDERS)
        for run in desk.ledger.runs.remind(RunState.QUEUED, now, *may_start) if may_start else ():
            desk.queue.perform(run)
        for run in desk.ledger.runs.remind(RunState.PUBLISHING, now):
            desk.queue.publish(run)
    except Hiccup as hiccup:
        log.info("sweep.queue_away", why=str(hiccup))
    look_at_gates(desk)
    for lost in desk.leases.standing_still(desk.ledger.runs.held):
        taken = desk.ledger.runs.take_from(lost)
        if taken is not None:
            _take_over(desk, taken)


def _take_over(desk: Desk, run: Run) -> None:
    """A run whose worker is lost begins again, unless something was done that may not be done twice."""
    now = desk.clock.now()
    try:
        if run.cancelled_by:
            _end(desk, run, RunState.CANCELLED, refusals.cancelled(run.cancelled_by, run.cancel_reason))
        elif may_begin_again(run):
            desk.ledger.runs.begin_again(run, refusals.began_again(), now)
            desk.queue.perform(run.id)
        else:
            _end(desk, run, RunState.FAILED, refusals.lost_hands())
    except FencedError:
        return  # another desk was faster
    except Hiccup as hiccup:
        log.info("sweep.queue_away", why=str(hiccup))
    log.warning("run.taken_over", run=run.id, epoch=run.epoch)
    desk.told(run.id)
    desk.room()


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
