"""What the queue forgot, found in the ledger: nothing that was accepted is lost with Redis."""

from __future__ import annotations

from datetime import timedelta

import structlog

from bot.desk.model import Desk
from bot.errors import Hiccup
from bot.ledger.fence import FencedError
from bot.outcome import settle
from bot.reports import refusals
from bot.runs import Run, RunState, StepState

log = structlog.get_logger(__name__)

UNHEARD = timedelta(seconds=3)  # a delivery that the queue brought nobody for this long
LATE = timedelta(minutes=5)  # beyond a run's own time limit before its worker counts as lost


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
    for open_run in desk.ledger.runs.open():
        if _lost(open_run, desk):
            _end_lost(desk, open_run)


def _lost(run: Run, desk: Desk) -> bool:
    if run.state is not RunState.RUNNING or run.started_at is None:
        return False
    return desk.clock.now() - run.started_at > timedelta(seconds=run.limits.run_timeout_s) + LATE


def _end_lost(desk: Desk, run: Run) -> None:
    open_steps = [step for step in run.steps if not step.state.final]
    settled = settle(open_steps, StepState.INTERRUPTED, "Its worker did not come back.")
    try:
        desk.ledger.runs.end(
            run.id,
            run.epoch,
            RunState.FAILED,
            desk.clock.now(),
            reason=refusals.lost_hands(),
            last_steps=settled,
        )
    except FencedError:
        return  # it came back just now
    desk.told(run.id)
