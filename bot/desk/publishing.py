"""What the desk does when the box has ended: a pull request made or taken back, and the run's end."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog

from bot.actions.undo_run import UNDO_RUN
from bot.desk.model import Desk
from bot.desk.policing import refuse_surprises
from bot.desk.rights import Request, decide, rules_of
from bot.desk.undoing import undo
from bot.errors import Crowded, Hiccup, UserError
from bot.ids import RunId
from bot.judging import Refused, judge
from bot.ledger.fence import FencedError
from bot.outcome import final_state, no_pull_request, settle
from bot.perform import desk_steps
from bot.policy import Denial
from bot.ports import Changes, Proposal, Published
from bot.reports import pull_request, refusals, undoing
from bot.runs import PullRef, Run, Step, StepState
from bot.verbs import VERBS

log = structlog.get_logger(__name__)

AGAIN_S = 5.0
KEEP_S = 5.0
PATIENCE = timedelta(minutes=30)  # how long GitHub may fail before the run ends without a pull request


def publish(desk: Desk, run_id: RunId) -> None:
    """Make the pull request of a run that is publishing. Doing it twice makes one."""
    run = desk.ledger.runs.take_publishing(run_id, desk.clock.now())
    changes = desk.ledger.runs.changes(run_id)
    if run is None or changes is None:
        return
    try:
        with _kept(desk, run_id):
            run = _begin(desk, run)
            _publish(desk, run, changes)
    except FencedError:
        log.warning("publishing.lost", run=run_id)
    except Hiccup as hiccup:
        later = timedelta(seconds=max(hiccup.retry_after_s, AGAIN_S))
        desk.ledger.runs.put_publishing_off(run_id, desk.clock.now() + later)
        raise
    except Exception as bug:  # the last one who can still tell the truth about this run
        log.exception("publishing.broke", run=run_id)
        _end(desk, run, _failed(run, (), f"the agent itself broke ({bug!r})."), None)
    desk.told(run_id)
    desk.room()


@contextmanager
def _kept(desk: Desk, run: RunId) -> Iterator[None]:
    """Meanwhile nobody else takes it: many writes, one a second, take their time."""
    over = threading.Event()

    def keep() -> None:
        while not over.wait(KEEP_S):
            try:
                desk.ledger.runs.keep_publishing(run, desk.clock.now())
            except Exception as error:  # the ledger is away: another desk may take it, and finds what is made
                log.warning("publishing.not_kept", run=run, why=repr(error))

    keeper = threading.Thread(target=keep, name=f"publishing-{run}", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join()


def _begin(desk: Desk, run: Run) -> Run:
    now = desk.clock.now()
    waiting = [step for step in desk_steps(run.steps) if step.state is StepState.PENDING]
    if waiting:
        started = [replace(step, state=StepState.RUNNING, started_at=now) for step in waiting]
        desk.ledger.runs.set_steps(run.id, run.epoch, now, *started)
        desk.told(run.id)
    return desk.ledger.runs.get(run.id) or run


def _publish(desk: Desk, run: Run, changes: Changes) -> None:
    done: list[Step] = []
    pull: PullRef | None = None
    try:
        for step in _waiting(run):
            end = _do(desk, run, step, changes)
            pull = end.pull or pull
            done += settle([step], end.state, end.note)
    except UserError as refusal:
        _end(desk, run, (*done, *_failed(run, done, str(refusal))), pull)
    except Crowded:
        raise  # GitHub is well, and there will be room within the hour
    except Hiccup as hiccup:
        if desk.clock.now() - run.queued_at > PATIENCE + timedelta(seconds=run.limits.run_timeout_s):
            _end(desk, run, (*done, *_failed(run, done, str(hiccup))), pull)
            return
        raise
    else:
        _end(desk, run, tuple(done), pull)


@dataclass(frozen=True)
class _End:
    """What became of one step of the desk's."""

    state: StepState
    note: str
    pull: PullRef | None = None


def _do(desk: Desk, run: Run, step: Step, changes: Changes) -> _End:
    if step.action.action_type == UNDO_RUN.name:
        _may_still(desk, run, Changes((), b""))
        return _End(StepState.SUCCEEDED, undo(desk, run, step.action.parameters["run"]))
    without = no_pull_request(run, changes)
    if without:
        return _End(StepState.SKIPPED, without)
    published = _propose(desk, run, changes)
    if published.note:
        desk.ledger.runs.add_note(run.id, run.epoch, published.note)
    pull = PullRef(published.number, published.url, published.branch, published.sha)
    return _End(StepState.SUCCEEDED, f"Pull request {pull.number}.", pull)


def _failed(run: Run, done: Sequence[Step], why: str) -> tuple[Step, ...]:
    """The steps that nothing was done for, each with what that means."""
    settled = {step.index for step in done}
    left = [step for step in _waiting(run) if step.index not in settled]
    return tuple(
        replace(
            step,
            state=StepState.FAILED,
            note=undoing.not_undone(why)
            if step.action.action_type == UNDO_RUN.name
            else refusals.not_published(why),
        )
        for step in left
    )


def _waiting(run: Run) -> list[Step]:
    return [step for step in desk_steps(run.steps) if not step.state.final]


def _propose(desk: Desk, run: Run, changes: Changes) -> Published:
    verdict = judge(changes, limits=run.limits)  # hands judged it too; the desk takes nobody's word for it
    if isinstance(verdict, Refused):
        raise UserError(verdict.sentence)
    _may_still(desk, run, verdict.changes)
    return desk.pull_requests.publish(
        run.target.place,
        Proposal(
            branch=_branch(run),
            base_ref=run.target.base_ref,
            parent=run.target.sha,
            message=pull_request.commit_message(run),
            title=pull_request.title(run),
            body=lambda note: pull_request.body(
                _as_it_went(run), verdict, page_url=desk.page(run), note=note
            ),
            marker=pull_request.marker(run.id),
            changes=verdict.changes,
        ),
    )


def _may_still(desk: Desk, run: Run, changes: Changes) -> None:
    """The person who asked has the right at the moment in which it has an effect, and to these very paths.
    UserError if not."""
    place = run.target.place
    request = Request(VERBS["run"], run.requester, place, run.target.number)
    rules = rules_of(desk, place)
    verdict = decide(desk, request, rules)
    if isinstance(verdict, Denial):
        raise UserError(verdict.reason)
    refuse_surprises(desk, run, verdict.role, [change.path for change in changes.files], rules.policy)


def _as_it_went(run: Run) -> Run:
    """The run without the step that is making this pull request: it cannot tell its own end."""
    making = {step.index for step in desk_steps(run.steps)}
    return replace(run, steps=tuple(step for step in run.steps if step.index not in making))


def _branch(run: Run) -> str:
    """The plan's own name for it, else `agent/<run>`."""
    named = [step.action.parameters.get("branch") for step in desk_steps(run.steps)]
    return next((str(name) for name in named if name), f"agent/{run.id}")


def _end(desk: Desk, run: Run, settled: Sequence[Step], pull: PullRef | None) -> None:
    now = desk.clock.now()
    last = tuple(replace(step, ended_at=now) for step in settled)
    ended = [step for step in run.steps if step.index not in {done.index for done in last}]
    failed = next((step.note for step in last if step.state is StepState.FAILED), "")
    desk.ledger.runs.end(
        run.id, run.epoch, final_state([*ended, *last]), now, reason=failed, pull=pull, last_steps=last
    )
