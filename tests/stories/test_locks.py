"""Environments: one run at a time, and people who keep one to themselves for a while."""

from __future__ import annotations

import pytest

from bot.runs import RunState
from tests.world import World

pytestmark = [pytest.mark.docker, pytest.mark.redis, pytest.mark.slow]


def deploy(command: str = "ls") -> str:
    plan = f"actions: [{{action_type: run_command, parameters: {{command: {command}}}}}]"
    return f"/agent run\n```yaml\nenvironment: production\npull_request: false\n{plan}\n```"


def test_two_runs_of_one_environment_go_one_after_the_other(world: World) -> None:
    """The second begins when the first has ended, though there is a worker for it."""
    world.comments(deploy("sleep 3"))
    world.comments(deploy())

    first, second = world.run_ends(), world.run_ends(number=2)

    assert (first.state, second.state) == (RunState.SUCCEEDED, RunState.SUCCEEDED)
    assert first.ended_at is not None
    assert second.started_at is not None
    assert first.ended_at <= second.started_at


def test_a_lock_keeps_others_waiting_and_lets_its_holder_pass(world: World) -> None:
    """Until it is given back, and then at once."""
    world.comments('/agent lock production --reason "The release goes out"', by="writer-wendy")
    world.answers(1)
    world.comments(deploy())
    world.run_begins()
    world.comments(deploy(), by="writer-wendy")

    passed = world.run_ends(number=2)
    waited = world.runs()[0].state
    world.comments("/agent unlock production", by="writer-wendy")

    assert (passed.state, waited) == (RunState.SUCCEEDED, RunState.QUEUED)
    assert world.run_ends().state is RunState.SUCCEEDED


def test_a_lock_is_refused_with_who_has_it(world: World) -> None:
    """The second person hears who, until when and why."""
    world.comments('/agent lock production --reason "The release" --for 2h', by="writer-wendy")
    assert "You hold `production` until" in world.answers(1)

    world.comments("/agent lock production --reason mine")

    told = world.answers(2)
    assert told.startswith("I did not lock anything. `writer-wendy` holds `production` since")
    assert "The release" in told


def test_a_lock_placed_under_a_run_says_so(world: World) -> None:
    """What goes on goes on; the lock is for the next one."""
    world.comments(deploy("sleep 4"))
    run = world.step_runs()

    world.comments("/agent lock production --reason x", by="writer-wendy")

    assert f"Run `{run.id}` has it at this moment and goes on" in world.answers(2)
    assert world.run_ends().state is RunState.SUCCEEDED


def test_the_list_tells_who_waits_for_what(world: World) -> None:
    """`/agent locks` shows holders and positions."""
    world.comments("/agent lock production --reason x", by="writer-wendy")
    world.answers(1)
    world.comments(deploy())
    run = world.run_begins()

    world.comments("/agent locks", by="reader-rita")

    told = world.until(lambda: [text for text in world.said() if "position" in text])[0]
    assert "`writer-wendy` holds `production`" in told
    assert f"Waiting at position 1: [run `{run.id}`]" in told


def test_the_configuration_names_an_environment(world: World) -> None:
    """Also a plan of one line is kept waiting then."""
    world.configures("version: 1\nenvironment: production\n")
    world.comments("/agent lock production --reason x", by="writer-wendy")
    world.answers(1)

    world.comments("/agent run `true`")

    assert world.run_begins().plan.environment == "production"
