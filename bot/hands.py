"""What hands do with a run: claim it, be cleared by the desk, perform it in a box, bring back the changes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TypeVar

import structlog

from bot.clearance import Cleared, Seal
from bot.errors import Hiccup, UserError
from bot.ids import RunId
from bot.journal import EntryKind
from bot.lease import Lease
from bot.ledger import LEDGER_AWAY, Ledger
from bot.ledger.fence import CancelledError, FencedError
from bot.outcome import conclude, final_state, settle
from bot.perform import Walked, perform
from bot.ports import (
    Box,
    Boxes,
    BoxSpec,
    Changes,
    Clock,
    Mailbox,
    Parcels,
    Queue,
    Signals,
    Snapshot,
    Snapshots,
)
from bot.preparing import bring, keep, set_up
from bot.recording import DESK_TOPIC, Recorder, run_topic
from bot.reports import refusals
from bot.results import collect
from bot.retrying import may_begin_again, only_the_desk
from bot.runs import Run, RunState, Step, StepState
from bot.secrets import Known

log = structlog.get_logger(__name__)

T = TypeVar("T")
CLEARANCE_WAIT_S = 45.0  # when many runs begin, the desk's questions to GitHub wait for each other
PUT_BACK_FOR = timedelta(seconds=20)
LONGEST_SILENCE = timedelta(minutes=30)  # of the desk, before a run that waits for its yes expires
PATIENCE = (1.0, 2.0, 4.0)  # seconds between tries of what time can fix, before the run ends


class Underway:
    """The boxes that are open in this process, so that it can hand their runs over and leave none behind."""

    def __init__(self) -> None:
        self._boxes: list[Box] = []
        self._lock = threading.Lock()
        self._handing_over = False

    def is_handing_over(self) -> bool:
        """The grace period is over: what is not done goes to another worker."""
        return self._handing_over

    @contextmanager
    def holding(self, box: Box) -> Iterator[None]:
        with self._lock:
            self._boxes.append(box)
            late = self._handing_over
        if late:
            box.stop()
        try:
            yield
        finally:
            with self._lock:
                self._boxes.remove(box)

    def hand_over(self) -> None:
        """Every running step ends now; its run begins again with another worker where it may."""
        with self._lock:
            self._handing_over = True
            boxes = list(self._boxes)
        for box in boxes:
            box.stop()


@dataclass(frozen=True)
class Tools:
    """What hands work with. Nothing here can speak to GitHub's API."""

    ledger: Ledger
    boxes: Boxes
    snapshots: Snapshots
    parcels: Parcels
    mailbox: Mailbox
    queue: Queue
    signals: Signals
    clock: Clock
    worker: str
    image: str
    underway: Underway = field(default_factory=Underway)
    unanswered: dict[RunId, datetime] = field(default_factory=dict)  # since when nobody clears them


def perform_waiting(tools: Tools, go_on: Callable[[], bool]) -> None:
    """Do whatever may be done now, one run after the other. Nothing happens when nothing may start."""
    while go_on() and not tools.underway.is_handing_over():
        seal = Seal.new()
        run = tools.ledger.runs.claim_next(worker=tools.worker, seal_key=seal.public, now=tools.clock.now())
        if run is None:
            return
        try:
            _perform_run(tools, run, seal)
        except _DeskSilentError:
            return  # the next run would wait as this one did: the sweeper reminds us when the desk is there


class _DeskSilentError(Exception):
    """Nothing can be cleared at the moment."""


def _perform_run(tools: Tools, run: Run, seal: Seal) -> None:
    """Do one run, to an end that everybody can see."""
    log.info("run.claimed", run=run.id, epoch=run.epoch)
    _tell(tools, run.id)
    try:
        with Lease(run, ledger=tools.ledger, signals=tools.signals, clock=tools.clock) as lease:
            _perform_claimed(tools, run, seal, lease)
    except FencedError:
        log.warning("run.lost", run=run.id, epoch=run.epoch)
    except _DeskSilentError:
        raise
    except (
        LEDGER_AWAY
    ) as away:  # what is not written down cannot be told: its lease ends, and the desk decides
        log.warning("run.ledger_away", run=run.id, why=repr(away))
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
        cleared = _cleared(tools, run, seal)
    except UserError as denial:
        _end(tools, run, RunState.DENIED, str(denial))
        return
    except Hiccup as silence:
        _put_back(tools, run, silence)
        return
    if only_the_desk(run, tuple(step.index for step in run.steps)):
        _conclude(tools, tools.ledger.runs.get(run.id) or run, Walked(run.steps, False), Changes((), b""))
        return
    try:
        snapshot = _patiently(lambda: tools.snapshots.fetch(cleared.origin))
        if tools.underway.is_handing_over():
            _hand_over(tools, run)
            return
        walked, changes = _in_a_box(tools, run, snapshot, lease, cleared)
    except (UserError, Hiccup) as failure:
        _end(tools, run, RunState.FAILED, str(failure))
        return
    if tools.underway.is_handing_over():
        if _cut_short(walked) and _hand_over(tools, run):
            return
        walked = _interrupted(tools, run, walked)
    _conclude(tools, tools.ledger.runs.get(run.id) or run, walked, changes)  # it may be cancelled by now


def _cleared(tools: Tools, run: Run, seal: Seal) -> Cleared:
    sealed = tools.mailbox.ask(run.id, run.epoch, CLEARANCE_WAIT_S)
    if sealed is None:
        raise Hiccup("The desk did not confirm the permission in time.")
    tools.unanswered.pop(run.id, None)
    return seal.open(sealed, run.id, run.epoch)


def _put_back(tools: Tools, run: Run, silence: Hiccup) -> None:
    """Without the desk's yes nothing starts: the run waits in the queue until the desk is there again."""
    now = tools.clock.now()
    since = tools.unanswered.setdefault(run.id, now)
    if now - since > LONGEST_SILENCE:
        del tools.unanswered[run.id]
        _end(tools, run, RunState.FAILED, refusals.desk_silent())
        return
    log.info("run.put_back", run=run.id, why=str(silence))
    tools.ledger.runs.put_back(run, now, now + PUT_BACK_FOR)
    raise _DeskSilentError from silence


def _cut_short(walked: Walked) -> bool:
    return any(step.state is StepState.CANCELLED for step in walked.steps)


def _interrupted(tools: Tools, run: Run, walked: Walked) -> Walked:
    """Nobody cancelled what we stopped ourselves."""
    stopped = [step for step in walked.steps if step.state is StepState.CANCELLED]
    changed = settle(stopped, StepState.INTERRUPTED, refusals.stopped_for_maintenance())
    if changed:
        tools.ledger.runs.set_steps(run.id, run.epoch, tools.clock.now(), *changed)
    by_index = {step.index: step for step in changed}
    return replace(walked, steps=tuple(by_index.get(step.index, step) for step in walked.steps))


def _hand_over(tools: Tools, run: Run) -> bool:
    """Another worker begins it again. False when something began that must not begin twice."""
    now = tools.ledger.runs.get(run.id)
    if now is None or now.cancelled_by or not may_begin_again(replace(now, losses=0)):
        return False
    tools.ledger.runs.begin_again(now, refusals.handed_over(), tools.clock.now(), lost=False)
    try:
        tools.queue.perform(run.id)
    except Hiccup as hiccup:
        log.info("run.queue_away", run=run.id, why=str(hiccup))  # the sweeper reminds the queue
    _tell(tools, run.id)
    return True


def _known(cleared: Cleared) -> Known:
    """All secrets that we hold. The token is in no box; this holds if it ever were."""
    token = [cleared.origin.token] if cleared.origin.token else []
    return Known([*token, *cleared.secrets.values()])


def _in_a_box(
    tools: Tools, run: Run, snapshot: Snapshot, lease: Lease, cleared: Cleared
) -> tuple[Walked, Changes | UserError]:
    known = _known(cleared)
    kept = any(run.kept(step) for step in run.steps)
    spec = BoxSpec(
        run=run.id,
        epoch=run.epoch,
        image=run.image or tools.image,
        limits=run.limits,
        equipment=run.equipment,
        secrets=cleared.secrets,
        tree=tools.ledger.runs.changes(run.id, before=run.attempt) if kept else None,
    )

    def watch(box: Box) -> AbstractContextManager[None]:
        lease.when_over(box.stop)
        return tools.underway.holding(box)

    def tell(sentence: str) -> None:
        told = (EntryKind.NOTE, None, sentence + "\n")
        tools.ledger.journals.append(run.id, run.epoch, tools.clock.now(), [told])
        tools.signals.tell(run_topic(run.id))

    made = _patiently(
        lambda: set_up(run, spec, snapshot, boxes=tools.boxes, parcels=tools.parcels, watch=watch, tell=tell)
    )
    with ExitStack() as stack:
        box = _patiently(lambda: stack.enter_context(tools.boxes.open(spec, snapshot)))
        bring(run, box, snapshot, tools.parcels, made)
        recorder = stack.enter_context(
            Recorder(run, ledger=tools.ledger, signals=tools.signals, clock=tools.clock, known=snapshot.paths)
        )
        stack.enter_context(watch(box))
        recorder.when_lost(box.stop)
        walked = perform(run, box, recorder, tools.clock, known)
        for sentence in box.remarks():
            tools.ledger.runs.add_note(run.id, run.epoch, sentence)
        changes = _changes(box, walked, known)
        _keep_results(tools, run, box, snapshot.paths, known)
        # What a step was given may be anywhere in what it leaves, and others read caches.
        if final_state(walked.steps) is RunState.SUCCEEDED and not cleared.secrets:
            for sentence in keep(run, box, snapshot, tools.parcels):
                tools.ledger.runs.add_note(run.id, run.epoch, sentence)
        return walked, changes


def _changes(box: Box, walked: Walked, known: Known) -> Changes | UserError:
    if any(step.state is StepState.INTERRUPTED for step in walked.steps):
        return UserError(refusals.box_lost())
    try:
        changes = box.changes()
    except UserError as too_much:
        return too_much
    except Hiccup as lost:
        return UserError(f"What the run changed could not be read back. {lost}")
    told = [(change.path, known.line_in(change.content)) for change in changes.files if change.content]
    found = next(((path, line) for path, line in told if line is not None), None)
    return changes if found is None else UserError(refusals.secret_in_changes(*found))


def _keep_results(tools: Tools, run: Run, box: Box, paths: frozenset[str], known: Known) -> None:
    """Artifacts and reports. What is wrong with them is told, and ends no run."""
    if not run.equipment.collected:
        return
    try:
        gathered = box.gather(run.equipment.collected)
    except Hiccup as lost:
        tools.ledger.runs.add_note(run.id, run.epoch, f"Artifacts and reports were not kept. {lost}")
        return
    collected = collect(gathered, run.equipment, paths=paths, known=known)
    tools.ledger.results.keep(run.id, run.epoch, collected)
    tools.ledger.runs.annotate(run.id, run.epoch, collected.annotations)


def _conclude(tools: Tools, run: Run, walked: Walked, changes: Changes | UserError) -> None:
    outcome = conclude(run, walked, changes)
    if outcome.keep is not None:
        tools.ledger.runs.keep(run.id, run.epoch, outcome.keep, outcome.notes)
    try:
        if outcome.state is RunState.PUBLISHING:
            tools.ledger.runs.hand_to_desk(run.id, run.epoch, tools.clock.now())
        else:
            _end(tools, run, outcome.state, outcome.reason, *outcome.steps)
    except CancelledError:
        last = conclude(tools.ledger.runs.get(run.id) or run, walked, changes)
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
