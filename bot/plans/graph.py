"""Which steps of a running plan may start now, which are skipped and why, and whether the box's part is over.

Pure: states in, a decision out. The desk's step (`open_pull_request`) is never started here: it stays pending
until the desk publishes, or is skipped like any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.actions import ACTIONS
from bot.actions.model import Where
from bot.plans.model import ErrorHandling, Plan
from bot.runs import StepState

_HOW = {
    StepState.FAILED: "failed",
    StepState.TIMED_OUT: "ran out of time",
    StepState.CANCELLED: "was cancelled",
    StepState.INTERRUPTED: "was interrupted",
    StepState.SKIPPED: "was skipped",
}


@dataclass(frozen=True)
class Decision:
    """What follows from the states of the steps, all by index.

    `start` may be more than may run at once: take as many as there is room for and ask again. `skip` has a
    sentence for each. `over` means that with these skips no step of the box is pending or running any more.
    """

    start: tuple[int, ...]
    skip: tuple[tuple[int, str], ...]
    over: bool


def decide(plan: Plan, states: Sequence[StepState]) -> Decision:
    """What to do next. `states` has one state for each action of the plan."""
    after = list(states)
    skip = _stopped(plan, after) or ([] if plan.in_order else _cut_off(plan, after))
    for index, _ in skip:
        after[index] = StepState.SKIPPED
    boxed = [
        index for index, action in enumerate(plan.actions) if ACTIONS[action.action_type].where is Where.BOX
    ]
    return Decision(
        start=tuple(_ready(plan, after, boxed)),
        skip=tuple(skip),
        over=all(after[index].final for index in boxed),
    )


def _stopped(plan: Plan, states: Sequence[StepState]) -> list[tuple[int, str]]:
    """Under `stop`, everything that has not begun when a step ended badly."""
    if plan.error_handling is not ErrorHandling.STOP:
        return []
    bad = next((index for index, state in enumerate(states) if state.bad), None)
    if bad is None:
        return []
    why = _because(bad, states)
    return [(index, why) for index, state in enumerate(states) if state is StepState.PENDING]


def _cut_off(plan: Plan, states: Sequence[StepState]) -> list[tuple[int, str]]:
    """In a DAG, what can never start because something it waits for did not succeed, however far away."""
    after = list(states)
    skip: list[tuple[int, str]] = []
    more = True
    while more:
        more = False
        for index, action in enumerate(plan.actions):
            if after[index] is not StepState.PENDING:
                continue
            lost = next((need for need in action.depends_on or () if after[need] in _HOW), None)
            if lost is not None:
                skip.append((index, _because(lost, after)))
                after[index] = StepState.SKIPPED
                more = True
    return sorted(skip)


def _ready(plan: Plan, states: Sequence[StepState], boxed: Sequence[int]) -> list[int]:
    pending = [index for index in boxed if states[index] is StepState.PENDING]
    if plan.in_order:
        running = any(states[index] is StepState.RUNNING for index in boxed)
        return [] if running else pending[:1]
    return [
        index
        for index in pending
        if all(states[need] is StepState.SUCCEEDED for need in plan.actions[index].depends_on or ())
    ]


def _because(index: int, states: Sequence[StepState]) -> str:
    return f"Skipped: step {index + 1} {_HOW[states[index]]}."
