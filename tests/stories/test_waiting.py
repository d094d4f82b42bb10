"""Runs that wait: they say for what, at which place, and go on when it is their turn."""

from __future__ import annotations

import pytest

from bot.runs import RunState
from tests.world import World

pytestmark = [pytest.mark.docker, pytest.mark.redis, pytest.mark.slow]

ONE_AT_A_TIME = "version: 1\npull_request: false\nlimits: {repository_runs: 1}\n"


def test_a_repository_s_limit_holds_and_everybody_gets_a_turn(world: World) -> None:
    """Three runs where one may go: one after the other, in the order in which they were asked for."""
    world.configures(ONE_AT_A_TIME)
    world.comments("/agent run `sleep 1`")
    world.run_begins()  # comments that come together may be heard in any order
    world.comments("/agent run `sleep 1`")
    world.run_begins(number=2)
    world.comments("/agent run `sleep 1`")

    first, second, third = world.run_ends(), world.run_ends(number=2), world.run_ends(number=3)

    assert {first.state, second.state, third.state} == {RunState.SUCCEEDED}
    assert (first.ended_at or first.queued_at) <= (second.started_at or second.queued_at)
    assert (second.ended_at or second.queued_at) <= (third.started_at or third.queued_at)


def test_a_waiting_run_says_for_what(world: World) -> None:
    """Its check run and its comment tell the place; `/agent status` does, too."""
    world.configures(ONE_AT_A_TIME)
    world.comments("/agent run `sleep 8`")
    world.step_runs()
    world.comments("/agent run `ls`")
    run = world.run_begins(number=2)

    title = world.until(lambda: [each for each in world.checks() if each["external_id"] == run.id])[0][
        "output"
    ]
    world.comments("/agent status")
    told = world.until(lambda: [text for text in world.said() if f"Run `{run.id}`" in text])[0]

    assert title["title"] == "Waiting for room in this repository: 1 step."
    assert "**Waiting for room in this repository: 1 step.**" in told
    assert world.run_ends(number=2).state is RunState.SUCCEEDED


def test_a_place_that_changed_is_shown(world: World) -> None:
    """Who waits for a lock that somebody took later reads so, without asking."""
    world.configures("version: 1\nenvironment: production\npull_request: false\n")
    world.comments("/agent run `sleep 10`")
    world.step_runs()
    world.comments("/agent run `ls`")
    run = world.run_begins(number=2)
    world.until(lambda: "which another run has" in str(world.checks()))

    world.comments("/agent lock production --reason x", by="writer-wendy")

    assert world.until(lambda: "which writer-wendy has locked" in world.check(run)["output"]["title"])


def test_another_repository_does_not_wait(world: World) -> None:
    """What is full here costs nobody elsewhere anything."""
    world.configures(ONE_AT_A_TIME)
    elsewhere = world.owned_by("other")
    world.comments("/agent run `sleep 8`")
    world.step_runs()
    world.comments("/agent run `ls`")
    world.run_begins(number=2)

    elsewhere.comments("/agent run `ls`")

    assert elsewhere.run_ends().state is RunState.SUCCEEDED
    assert world.runs()[1].state is RunState.QUEUED
