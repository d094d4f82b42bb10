"""A run once more: which of its steps are done again, and which are kept."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.errors import UserError
from bot.plans.model import Action, Plan
from bot.retrying import Everything, Failed, Since, again, only_the_desk
from bot.runs import Run, RunState, StepState
from tests.scripted import a_run, action

OK, BAD, SKIPPED = StepState.SUCCEEDED, StepState.FAILED, StepState.SKIPPED
PULL = Action("open_pull_request", {}, "Open a pull request")
IN_ORDER = Plan((action("one"), action("two"), action("three"), PULL))
GRAPH = Plan((action("one", dag=True), action("two", 0), action("three", dag=True)))


def ended(plan: Plan, *states: StepState, state: RunState = RunState.FAILED) -> Run:
    run = a_run(plan)
    steps = tuple(replace(step, state=how) for step, how in zip(run.steps, states, strict=True))
    return replace(run, state=state, steps=steps)


def test_what_failed_and_what_never_began_is_done_again() -> None:
    """What had succeeded is kept."""
    run = ended(IN_ORDER, OK, BAD, SKIPPED, SKIPPED)

    assert again(run, Failed(), tree=1) == (1, 2, 3)


def test_without_the_files_of_the_last_attempt_all_is_done_again() -> None:
    """Where the work tree was lost with its box, nothing can be built upon."""
    run = ended(IN_ORDER, OK, BAD, SKIPPED, SKIPPED)

    assert again(run, Failed(), tree=None) == (0, 1, 2, 3)


def test_from_a_step_on() -> None:
    """The step and what comes after it, although it had succeeded."""
    run = ended(IN_ORDER, OK, OK, OK, SKIPPED, state=RunState.SUCCEEDED)

    assert again(run, Since(1), tree=1) == (1, 2, 3)


def test_from_a_step_on_in_a_graph() -> None:
    """The step, what rests on it, and what did not succeed; the rest is kept."""
    run = ended(GRAPH, OK, OK, OK, state=RunState.SUCCEEDED)

    assert again(run, Since(0), tree=1) == (0, 1)


def test_a_pull_request_is_never_made_twice() -> None:
    """Everything is everything in the box: what the desk has done outside is kept."""
    run = ended(IN_ORDER, OK, OK, OK, OK, state=RunState.SUCCEEDED)

    assert again(run, Everything(), tree=None) == (0, 1, 2)


def test_when_only_the_pull_request_failed_no_box_is_needed() -> None:
    """The changes are there already."""
    run = ended(IN_ORDER, OK, OK, OK, BAD)
    steps = again(run, Failed(), tree=1)

    assert steps == (3,)
    assert only_the_desk(run, steps)


def test_a_later_attempt_that_had_no_box_does_not_hide_the_files() -> None:
    """The files are those of the last attempt in which a step of the box was done."""
    run = ended(IN_ORDER, OK, OK, OK, BAD)
    second = replace(run, attempt=2, steps=(*run.steps[:3], replace(run.steps[3], attempt=2)))

    assert again(second, Failed(), tree=1) == (3,)


@pytest.mark.parametrize(
    ("run", "choice", "sentence"),
    [
        (ended(IN_ORDER, OK, OK, OK, SKIPPED, state=RunState.SUCCEEDED), Failed(), "Nothing failed"),
        (ended(IN_ORDER, OK, BAD, SKIPPED, SKIPPED), Since(4), "its steps are 1 to 4"),
        (ended(IN_ORDER, OK, BAD, SKIPPED, SKIPPED, state=RunState.RUNNING), Everything(), "is not over yet"),
        (ended(Plan((PULL,)), OK, state=RunState.SUCCEEDED), Everything(), "Nothing failed"),
    ],
)
def test_what_cannot_be_done_again_is_said(
    run: Run, choice: Failed | Since | Everything, sentence: str
) -> None:
    """Each with what to do instead."""
    with pytest.raises(UserError, match=sentence):
        again(run, choice, tree=1)
