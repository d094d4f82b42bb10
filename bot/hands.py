"""What hands do with a run: claim it, be cleared by the desk, perform it in a box, bring back the changes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import TypeVar

import structlog

from bot.clearance import Seal
from bot.errors import Hiccup, UserError
from bot.ids import RunId
from bot.lease import Lease
from bot.ledger import Ledger
from bot.ledger.fence import CancelledError, FencedError
from bot.outcome import conclude, settle
from bot.perform import Walked, perform
from bot.ports import (
    Box,
    Boxes,
    BoxSpec,
    Changes,
    Clock,
    Mailbox,
    Origin,
    Queue,
    Signals,
    Snapshot,
    Snapshots,
)
from bot.recording import DESK_TOPIC, Recorder, run_topic
from bot.runs import Run, RunState, Step, StepState

log = structlog.get_logger(__name__)

T = TypeVar("T")
CLEARANCE_WAIT_S = 20.0
PATIENCE = (1.0, 2.0, 4.0)  # seconds between tries of what time can fix, before the run ends


class Underway:
    """The boxes that are open in this process, so that it can end without leaving one behind."""

    def __init__(self) -> None:
        self._boxes: list[Box] = []
        self._lock = threading.Lock()

    @contextmanager
    def holding(self, box: Box) -> Iterator[None]:
        with self._lock:
            self._boxes.append(box)
        try:
            yield
        finally:
            with self._lock:
                self._boxes.remove(box)

    def stop_all(self) -> None:
        """Every running step ends now, and with it its run, as cancelled."""
        with self._lock:
            boxes = list(self._boxes)
        for box in boxes:
            box.stop()


@dataclass(frozen=True)
class Tools:
    """What hands work with. Nothing here can speak to GitHub's API."""

    ledger: Ledger
    boxes: Boxes
    snapshots: Snapshots
    mailbox: Mailbox
    queue: Queue
    signals: Signals
    clock: Clock
    worker: str
    image: str
    underway: Underway = field(default_factory=Underway)


def perform_run(tools: Tools, run_id: RunId) -> None:
    """Do one run, to an end that everybody can see. Nothing happens when somebody else has it."""
    seal = Seal.new()
    run = tools.ledger.runs.claim(run_id, worker=tools.worker, seal_key=seal.public, now=tools.clock.now())
    if run is None:
        return
    _tell(tools, run.id)
    try:
        with Lease(run, ledger=tools.ledger, signals=tools.signals, clock=tools.clock) as lease:
            _perform_claimed(tools, run, seal, lease)
    except FencedError:
        log.warning("run.lost", run=run.id, epoch=run.epoch)
    except Exception as bug:
        log.exception("run.broke", run=run.id)
        _end(
            tools,
            run,
            RunState.FAILED,
            f"The agent itself broke ({type(bug).__name__}). Its log has the details.",
        )


def _perform_claimed(tools: Tools, run: Run, seal: Seal, lease: Lease) -> None:
    try:
        origin = _cleared(tools, run, seal)
    except UserError as denial:
        _end(tools, run, RunState.DENIED, str(denial))
        return
    except Hiccup as hiccup:
        _end(tools, run, RunState.DENIED, str(hiccup))
        return
    try:
        snapshot = _patiently(lambda: tools.snapshots.fetch(origin))
        walked, changes = _in_a_box(tools, run, snapshot, lease)
    except (UserError, Hiccup) as failure:
        _end(tools, run, RunState.FAILED, str(failure))
        return
    _conclude(tools, replace(run, cancelled_by=lease.cancelled_by), walked, changes)


def _cleared(tools: Tools, run: Run, seal: Seal) -> Origin:
    sealed = tools.mailbox.ask(run.id, run.epoch, CLEARANCE_WAIT_S)
    if sealed is None:
        raise Hiccup("The desk did not confirm the permission in time, so nothing was started. Ask again.")
    return seal.open(sealed, run.id, run.epoch)


def _in_a_box(tools: Tools, run: Run, snapshot: Snapshot, lease: Lease) -> tuple[Walked, Changes | UserError]:
    spec = BoxSpec(run=run.id, epoch=run.epoch, image=run.image or tools.image, limits=run.limits)
    with ExitStack() as stack:
        box = _patiently(lambda: stack.enter_context(tools.boxes.open(spec, snapshot)))
        recorder = stack.enter_context(
            Recorder(run, ledger=tools.ledger, signals=tools.signals, clock=tools.clock, known=snapshot.paths)
        )
        stack.enter_context(tools.underway.holding(box))
        recorder.when_lost(box.stop)
        lease.when_over(box.stop)
        walked = perform(run, box, recorder, tools.clock)
        return walked, _changes(box, walked)


def _changes(box: Box, walked: Walked) -> Changes | UserError:
    if any(step.state is StepState.INTERRUPTED for step in walked.steps):
        return Changes((), b"")  # a box that was lost has nothing to give
    try:
        return box.changes()
    except UserError as too_much:
        return too_much
    except Hiccup as lost:
        return UserError(f"What the run changed could not be read back. {lost}")


def _conclude(tools: Tools, run: Run, walked: Walked, changes: Changes | UserError) -> None:
    outcome = conclude(run, walked, changes)
    if outcome.keep is not None:
        tools.ledger.runs.keep(run.id, run.epoch, outcome.keep, outcome.notes)
    try:
        if outcome.state is RunState.PUBLISHING:
            tools.ledger.runs.hand_to_desk(run.id, run.epoch, tools.clock.now())
        else:
            _end(tools, run, outcome.state, outcome.reason, *outcome.steps)
    except CancelledError as cancelled:
        last = conclude(replace(run, cancelled_by=cancelled.by), walked, changes)
        _end(tools, run, last.state, last.reason, *last.steps)
        return
    if outcome.state is RunState.PUBLISHING:
        _ask_to_publish(tools, run)


def _ask_to_publish(tools: Tools, run: Run) -> None:
    try:
        tools.queue.publish(run.id)
    except Hiccup as hiccup:
        log.info("run.queue_away", run=run.id, why=str(hiccup))  # the sweeper reminds the desk
    _tell(tools, run.id)


def _end(tools: Tools, run: Run, state: RunState, reason: str, *settled: Step) -> None:
    """End the run; steps that never began are skipped, and say so."""
    now = tools.clock.now()
    current = tools.ledger.runs.get(run.id)
    begun = {step.index for step in settled}
    rest = [] if current is None else [step for step in current.steps if step.index not in begun]
    skipped = settle(
        (step for step in rest if step.state is StepState.PENDING),
        StepState.SKIPPED,
        "The run ended before it.",
    )
    stopped = settle(
        (replace(step, ended_at=now) for step in rest if step.state is StepState.RUNNING),
        StepState.INTERRUPTED,
        "The run ended under it.",
    )
    tools.ledger.runs.end(
        run.id, run.epoch, state, now, reason=reason, last_steps=(*settled, *skipped, *stopped)
    )
    _tell(tools, run.id)


def _tell(tools: Tools, run: RunId) -> None:
    tools.signals.tell(run_topic(run))
    tools.signals.tell(DESK_TOPIC)


def _patiently(attempt: Callable[[], T]) -> T:
    """Try again what time can fix, a few times; the last failure is the run's."""
    for wait_s in PATIENCE:
        try:
            return attempt()
        except Hiccup as hiccup:
            log.info("hands.wait", seconds=wait_s, why=str(hiccup))
            time.sleep(wait_s)
    return attempt()
