"""Buttons of a check run: the same plan on the same commit once more, for whoever may run it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.runs import Run, RunState
from tests.world import World

pytestmark = [pytest.mark.docker, pytest.mark.redis, pytest.mark.slow]

AGAIN = "again"


@pytest.fixture
def first(world: World) -> Run:
    """A run that has ended."""
    world.comments("/agent run `test -e shop/prices.py`")
    return world.run_ends()


def presses_ours(world: World, run: Run, by: str) -> None:
    world.stage.driver.presses(AGAIN, check_run=world.check(run)["id"], by=by)


def reruns_the_check(world: World, run: Run, by: str) -> None:
    world.stage.driver.reruns(world.check(run)["id"], by=by)


def reruns_the_suite(world: World, run: Run, by: str) -> None:
    world.stage.driver.reruns_suite(world.check(run)["check_suite"]["id"], by=by)


BUTTONS = [presses_ours, reruns_the_check, reruns_the_suite]
Button = Callable[[World, Run, str], None]


@pytest.mark.parametrize("button", BUTTONS)
def test_a_button_runs_the_same_plan_on_the_same_commit_again(
    world: World, first: Run, button: Button
) -> None:
    """Whoever may run gets a new run with its own check run; the one who pressed is the requester."""
    button(world, first, "writer-wendy")

    second = world.run_ends(number=2)

    assert second.state is RunState.SUCCEEDED
    assert second.id != first.id
    assert second.plan.digest == first.plan.digest
    assert second.target.sha == first.target.sha
    assert second.requester.login == "writer-wendy"
    assert len(world.checks()) == 2


@pytest.mark.parametrize("button", BUTTONS)
def test_a_button_asks_for_the_same_right_as_the_command(world: World, first: Run, button: Button) -> None:
    """A reader who presses it is refused with a sentence."""
    button(world, first, "reader-rita")

    said = world.answers(2)

    assert "`run` needs the role `write` or higher in this repository, and yours is `read`." in said
    assert len(world.runs()) == 1


def test_a_button_does_nothing_when_the_head_has_moved(world: World, first: Run) -> None:
    """Old commits are not run again; the sentence says to write the command once more."""
    world.pushes({"new.txt": "new\n"})

    presses_ours(world, first, "writer-will")

    assert f"The pull request has new commits since run `{first.id}`" in world.answers(2)
    assert len(world.runs()) == 1


def test_a_button_on_a_closed_pull_request_says_so(world: World, first: Run) -> None:
    """Nothing runs on what is closed."""
    world.stage.driver.closes(1, repo=world.repo)

    presses_ours(world, first, "writer-will")

    assert "Reopen it and ask again." in world.answers(2)
    assert len(world.runs()) == 1


def test_a_button_that_is_delivered_twice_is_pressed_once(world: World, first: Run) -> None:
    """The second delivery of one press begins nothing."""
    world.stage.driver.disturbs_hooks("duplicate", event="check_run")

    presses_ours(world, first, "writer-will")

    world.run_ends(number=2)
    world.is_quiet()
    assert len(world.runs()) == 2
