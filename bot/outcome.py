"""How a run ends, decided from how its steps went and what they changed: the one truthful end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from bot.errors import UserError
from bot.judging import Refused, judge
from bot.limits import Limits
from bot.perform import Walked, desk_steps
from bot.plans.build import OPEN_PULL_REQUEST
from bot.ports import Changes
from bot.reports import refusals
from bot.runs import Run, RunState, Step, StepState


@dataclass(frozen=True)
class Outcome:
    """What follows when the box has ended.

    `state` is PUBLISHING when the desk has a pull request to make, else the run's final state. `keep` is
    what is stored of the changes, None when there is nothing or when it may not be kept.
    """

    state: RunState
    reason: str
    steps: tuple[Step, ...]  # the desk's steps that are settled by this
    keep: Changes | None
    notes: tuple[str, ...]


def conclude(run: Run, walked: Walked, changes: Changes | UserError) -> Outcome:
    """Pure: the same walk and the same changes always end the same way."""
    state = final_state(walked.steps, timed_out=walked.timed_out)
    if run.cancelled_by:
        state = RunState.CANCELLED  # whoever asked was told so, even if all steps were just done
    reason = _cancelled(run) or ("The run's time was over." if walked.timed_out else "")
    waiting = tuple(step for step in desk_steps(walked.steps) if step.state is StepState.PENDING)
    if isinstance(changes, UserError):
        settled = settle(waiting, StepState.FAILED, str(changes))
        return Outcome(_at_least_failed(state), reason or str(changes), settled, None, ())
    refusal = refused(changes, run.limits)
    if refusal:
        settled = settle(waiting, StepState.FAILED, refusal)
        return Outcome(_at_least_failed(state), reason or refusal, settled, None, changes.left_out)
    without = no_pull_request(run, changes)
    opening = all(step.action.action_type == OPEN_PULL_REQUEST for step in waiting)
    if without == NOTHING_CHANGED and opening:
        settled = settle(waiting, StepState.SKIPPED, without)
        return Outcome(state, reason, settled, Changes((), b""), changes.left_out)
    if walked.timed_out or state is RunState.CANCELLED:
        settled = settle(waiting, StepState.SKIPPED, reason or "The run was cancelled.")
        return Outcome(state, reason, settled, changes, changes.left_out)
    if waiting and opening and without:
        settled = settle(waiting, StepState.SKIPPED, without)
        return Outcome(state, reason, settled, changes, changes.left_out)
    if waiting:
        return Outcome(RunState.PUBLISHING, "", (), changes, changes.left_out)
    return Outcome(state, reason, (), changes, changes.left_out)


def _cancelled(run: Run) -> str:
    return refusals.cancelled(run.cancelled_by, run.cancel_reason) if run.cancelled_by else ""


FROM_A_FORK = "The code comes from a fork, so the patch is offered for download on the run's page."
NOTHING_CHANGED = "Nothing changed, so there is no pull request."


def no_pull_request(run: Run, changes: Changes) -> str:
    """Why there is none to be made of these changes, or ""."""
    if not changes.files:
        return NOTHING_CHANGED
    return FROM_A_FORK if run.target.from_fork else ""


def refused(changes: Changes, limits: Limits) -> str:
    """Why the changes may not leave, or ""."""
    verdict = judge(changes, limits=limits)
    return verdict.sentence if isinstance(verdict, Refused) else ""


def final_state(steps: Iterable[Step], *, timed_out: bool = False) -> RunState:
    """The run's end as its first bad step tells it."""
    if timed_out:
        return RunState.TIMED_OUT
    bad = sorted(
        (step for step in steps if step.state.bad), key=lambda step: (step.ended_at is None, step.index)
    )
    if not bad:
        return RunState.SUCCEEDED
    match bad[0].state:
        case StepState.TIMED_OUT:
            return RunState.TIMED_OUT
        case StepState.CANCELLED:
            return RunState.CANCELLED
        case _:
            return RunState.FAILED


def settle(steps: Iterable[Step], state: StepState, note: str) -> tuple[Step, ...]:
    return tuple(replace(step, state=state, note=note) for step in steps)


def _at_least_failed(state: RunState) -> RunState:
    return RunState.FAILED if state is RunState.SUCCEEDED else state
