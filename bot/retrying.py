"""Which steps of a run are done again, by a new attempt or after a lost worker: pure.

What a new attempt does not do again is kept as it ended, and its work tree is as the last attempt left it,
unless everything is done again: that begins from the commit. What the desk has done is never done twice.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.actions import ACTIONS
from bot.actions.model import Where
from bot.actions.run_command import RUN_COMMAND
from bot.errors import UserError
from bot.plans.model import Plan
from bot.reports import refusals
from bot.runs import Run, RunState, Step, StepState

MOST_LOSSES = 1  # workers that an attempt may lose and begin again: it may be the run that kills them


@dataclass(frozen=True)
class Failed:
    """What did not succeed, whatever the reason."""


@dataclass(frozen=True)
class Since:
    """One step, counted from 0, what rests on it, and whatever did not succeed."""

    step: int


@dataclass(frozen=True)
class Everything:
    """All steps of the box, from the commit."""


Choice = Failed | Since | Everything


def again(run: Run, choice: Choice, *, tree: int | None) -> tuple[int, ...]:
    """The steps to be done again, by index. UserError when there is nothing to do, or the run is not over.

    `tree` is the last attempt of which a work tree was kept. Where that is not the last one that had a box,
    nothing can be built upon, and whatever is to be done in a box is done from the commit.
    """
    if not run.state.final:
        raise UserError(refusals.still_going(run.id))
    chosen = _chosen(run, choice)
    boxed = {step.index for step in run.steps if not _at_the_desk(step)}
    if chosen & boxed and tree != _last_with_a_box(run):
        chosen |= boxed
    chosen -= {index for index in chosen if _done_outside(run.steps[index])}
    if not chosen:
        raise UserError(refusals.nothing_failed(run.id))
    return tuple(sorted(chosen))


def _chosen(run: Run, choice: Choice) -> set[int]:
    unfinished = {step.index for step in run.steps if step.state is not StepState.SUCCEEDED}
    match choice:
        case Failed():
            return set() if run.state is RunState.SUCCEEDED else unfinished
        case Since(step=first):
            if not 0 <= first < len(run.steps):
                raise UserError(refusals.no_such_step(run.id, first + 1, len(run.steps)))
            return _resting_on(run.plan, first) | unfinished
        case Everything():
            return {step.index for step in run.steps}


def _last_with_a_box(run: Run) -> int:
    return max((step.attempt for step in run.steps if not _at_the_desk(step)), default=run.attempt)


def _done_outside(step: Step) -> bool:
    return _at_the_desk(step) and step.state is StepState.SUCCEEDED


def _at_the_desk(step: Step) -> bool:
    return ACTIONS[step.action.action_type].where is Where.DESK


def _resting_on(plan: Plan, first: int) -> set[int]:
    """The step and everything that waits for it, however far away."""
    if plan.in_order:
        return set(range(first, len(plan.actions)))
    found = {first}
    before = 0
    while len(found) != before:  # until nothing new rests on what was found
        before = len(found)
        found |= {
            index for index, action in enumerate(plan.actions) if found.intersection(action.depends_on or ())
        }
    return found


def only_the_desk(run: Run, steps: tuple[int, ...]) -> bool:
    """Whether everything that is left is the desk's: then no box is needed, the changes are there already."""
    return bool(steps) and all(_at_the_desk(run.steps[index]) for index in steps)


def may_begin_again(run: Run) -> bool:
    """Whether the same attempt may begin from its start, in a fresh box, after its worker was lost.

    A box has no way out but its changes, unless it may reach hosts: who knows what a command told them.
    Else only what must not begin twice counts, and how often it was tried.
    """
    begun = [step.action for step in run.steps if step.started_at is not None and not run.kept(step)]
    told_others = bool(run.equipment.hosts) and any(
        action.action_type == RUN_COMMAND.name for action in begun
    )
    repeatable = all(ACTIONS[action.action_type].may_repeat(action.parameters) for action in begun)
    return repeatable and not told_others and run.losses < MOST_LOSSES
