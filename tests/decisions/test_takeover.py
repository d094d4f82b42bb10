"""A lost worker: which runs may begin again, and which must end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.desk.sweeping import MOST_EPOCHS, may_begin_again
from bot.plans.model import Action, Plan
from bot.runs import Run, StepState
from tests.scripted import a_run, action

MAKE = Action("create_directory", {"path": "a"}, "Create a")
PLAN = Plan((MAKE, action("ls")))


def lost(first: StepState, second: StepState, *, epoch: int = 1) -> Run:
    run = a_run(PLAN)
    steps = (replace(run.steps[0], state=first), replace(run.steps[1], state=second))
    return replace(run, steps=steps, epoch=epoch)


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
    """A run begins again when every step that began says of its type that it may be repeated."""
    assert may_begin_again(lost(first, second)) is again


def test_a_run_that_kills_its_workers_is_not_tried_for_ever() -> None:
    """After as many workers as it may lose, a run ends."""
    assert not may_begin_again(lost(StepState.PENDING, StepState.PENDING, epoch=MOST_EPOCHS))
