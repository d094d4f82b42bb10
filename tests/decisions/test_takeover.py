"""A lost worker: which runs may begin again, and which must end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.equipment import Equipment
from bot.plans.model import Action, Plan
from bot.retrying import MOST_LOSSES, may_begin_again
from bot.runs import Run, StepState
from tests.scripted import NOON, a_run, action

ONCE = Action("run_command", {"command": "make release", "once": True}, "Release")
PLAN = Plan((action("ls"), ONCE))


def lost(first: StepState, second: StepState, *, losses: int = 0) -> Run:
    run = a_run(PLAN)
    states = (first, second)
    steps = tuple(
        replace(step, state=state, started_at=None if state is StepState.PENDING else NOON)
        for step, state in zip(run.steps, states, strict=True)
    )
    return replace(run, steps=steps, losses=losses)


@pytest.mark.parametrize(
    ("first", "second", "again"),
    [
        (StepState.PENDING, StepState.PENDING, True),
        (StepState.RUNNING, StepState.PENDING, True),
        (StepState.SUCCEEDED, StepState.PENDING, True),
        (StepState.SUCCEEDED, StepState.RUNNING, False),
        (StepState.SUCCEEDED, StepState.SUCCEEDED, False),
    ],
)
def test_only_what_may_be_repeated_is_repeated(first: StepState, second: StepState, again: bool) -> None:
    """A run begins again unless a step that must not begin twice has begun."""
    assert may_begin_again(lost(first, second)) is again


def test_what_an_earlier_attempt_did_is_not_repeated_and_does_not_count() -> None:
    """A step that is kept from the attempt before does not keep this one from beginning again."""
    run = lost(StepState.PENDING, StepState.SUCCEEDED)
    retried = replace(run, attempt=2, steps=(replace(run.steps[0], attempt=2), run.steps[1]))

    assert may_begin_again(retried)


def test_a_run_that_kills_its_workers_is_not_tried_for_ever() -> None:
    """After as many workers as it may lose, a run ends."""
    assert not may_begin_again(lost(StepState.PENDING, StepState.PENDING, losses=MOST_LOSSES))


def test_a_command_that_could_tell_others_something_is_not_repeated() -> None:
    """Where hosts can be reached, nobody knows what it has done there; what writes files only may go on."""
    reaching = Equipment(hosts=("packages.example.org",))
    run = lost(StepState.RUNNING, StepState.PENDING)

    assert may_begin_again(run)
    assert not may_begin_again(replace(run, equipment=reaching))
    assert may_begin_again(replace(lost(StepState.PENDING, StepState.PENDING), equipment=reaching))
