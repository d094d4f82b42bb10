"""Buttons of a check run: a new attempt of its run, for whoever may run it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.runs import Run, RunState
from tests.world import World

pytestmark = [pytest.mark.docker, pytest.mark.redis, pytest.mark.slow]


@pytest.fixture
def first(world: World) -> Run:
    """A run that has ended."""
    world.comments("/agent run `test -e shop/prices.py`")
    return world.run_ends()


def presses(world: World, run: Run, button: str, by: str) -> None:
    world.stage.driver.presses(button, check_run=world.check(run)["id"], by=by)


def presses_ours(world: World, run: Run, by: str) -> None:
    presses(world, run, "again", by)


def reruns_the_check(world: World, run: Run, by: str) -> None:
    world.stage.driver.reruns(world.check(run)["id"], by=by)


def reruns_the_suite(world: World, run: Run, by: str) -> None:
    world.stage.driver.reruns_suite(world.check(run)["check_suite"]["id"], by=by)


BUTTONS = [presses_ours, reruns_the_check, reruns_the_suite]
Button = Callable[[World, Run, str], None]


@pytest.mark.parametrize("button", BUTTONS)
def test_a_button_does_all_of_the_run_again(world: World, first: Run, button: Button) -> None:
    """A new attempt of the same run, on the same check run; the one who pressed is the requester."""
    button(world, first, "writer-wendy")

    second = world.run_ends(attempt=2)

    assert second.state is RunState.SUCCEEDED
    assert second.id == first.id
    assert (second.plan.digest, second.target.sha) == (first.plan.digest, first.target.sha)
    assert second.requester.login == "writer-wendy"
    assert second.steps[0].started_at != first.steps[0].started_at
    assert len(world.checks()) == 1


def test_retry_failed_keeps_what_had_succeeded(world: World) -> None:
    """Only a run that did not succeed has the button, and it does again what failed."""
    world.comments("/agent run\n\n1. Run `date`\n2. Run `test -e again || { touch again; exit 1; }`")
    failed = world.run_ends()
    offered = [each["identifier"] for each in world.check(failed)["actions"]]

    presses(world, failed, "retry_failed", "writer-will")

    run = world.run_ends(attempt=2)
    assert offered == ["retry_failed", "again"]
    assert run.state is RunState.SUCCEEDED
    assert run.steps[0] == failed.steps[0]
    assert [each["identifier"] for each in world.check(run)["actions"]] == ["again"]


@pytest.mark.parametrize("button", BUTTONS)
def test_a_button_asks_for_the_same_right_as_the_command(world: World, first: Run, button: Button) -> None:
    """A reader who presses it is refused with a sentence."""
    button(world, first, "reader-rita")

    said = world.answers(2)

    assert "`retry` needs the role `write` or higher in this repository, and yours is `read`." in said
    assert world.runs() == [first]


def test_a_button_does_nothing_when_the_head_has_moved(world: World, first: Run) -> None:
    """Old commits are not run by a press; the answer says how to go on to the new ones, or to stay."""
    world.pushes({"new.txt": "new\n"})

    presses_ours(world, first, "writer-will")

    assert f"`/agent retry {first.id} --head`" in world.answers(2)
    assert world.runs() == [first]


def test_a_button_on_a_closed_pull_request_says_so(world: World, first: Run) -> None:
    """Nothing runs on what is closed."""
    world.stage.driver.closes(1, repo=world.repo)

    presses_ours(world, first, "writer-will")

    assert "Reopen it and ask again." in world.answers(2)
    assert world.runs() == [first]


def test_a_button_that_is_delivered_twice_is_pressed_once(world: World, first: Run) -> None:
    """The second delivery of one press begins nothing."""
    world.stage.driver.disturbs_hooks("duplicate", event="check_run")

    presses_ours(world, first, "writer-will")

    world.run_ends(attempt=2)
    world.is_quiet()
    assert world.runs()[0].attempt == 2
