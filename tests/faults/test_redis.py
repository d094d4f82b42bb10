"""A Redis that forgets or goes away while runs are queued, running and publishing: it takes none along."""

from __future__ import annotations

import time

import pytest

from bot.runs import RunState
from tests.faults.promises import assert_told_once
from tests.world import World

pytestmark = [pytest.mark.docker, pytest.mark.redis, pytest.mark.slow]

AWAY_S = 60.0  # longer than a lease, a clearance and a reminder, and than blocking reads go on by themselves


def asks_for_four(world: World) -> None:
    """Two that run and publish, and two that wait for them."""
    world.comments("/agent run `date > one.txt && sleep 3`")
    world.comments("/agent run `date > two.txt && sleep 6`")
    world.comments("/agent run `echo three`")
    world.comments("/agent run `echo four`")
    world.step_runs()
    world.run_begins(number=4)


def four_end_well(world: World) -> None:
    runs = [world.run_ends(number=number) for number in (1, 2, 3, 4)]
    assert [run.state for run in runs] == [RunState.SUCCEEDED] * 4
    assert [bool(run.pull) for run in runs].count(True) == 2
    assert sorted(each["external_id"] for each in world.checks()) == sorted(run.id for run in runs)
    assert len(world.pulls()) == 3


def test_a_redis_that_forgets_costs_a_moment(world: World) -> None:
    """Emptied again and again while four runs go, it loses none, and each is shown once."""
    asks_for_four(world)

    world.redis_forgets()
    time.sleep(1)
    world.redis_forgets()
    time.sleep(3)
    world.redis_forgets()

    four_end_well(world)


def test_a_redis_that_is_restarted_costs_a_moment(world: World) -> None:
    """It comes back empty, and everybody finds it again."""
    asks_for_four(world)

    with world.redis_down():
        pass

    four_end_well(world)


def test_without_redis_commands_are_taken_and_runs_go_on(world: World) -> None:
    """What runs goes on to its end; what is asked meanwhile is accepted, and done when Redis is back."""
    world.comments("/agent run `date > made.txt && sleep 5`")
    world.step_runs()
    with world.redis_down():
        late = world.comments("/agent run `echo late`")
        assert world.delivery(late)["request"]
        time.sleep(AWAY_S)

    first, second = world.run_ends(), world.run_ends(number=2)

    assert (first.state, second.state) == (RunState.SUCCEEDED, RunState.SUCCEEDED)
    assert first.epoch == 1
    assert sorted(each["external_id"] for each in world.checks()) == sorted((first.id, second.id))


def test_a_worker_that_waits_for_its_permission_outlives_redis(world: World) -> None:
    """A run that was taken just before Redis went is not denied: it starts when the desk can answer."""
    with world.paused("hands"):
        world.comments("/agent run `ls`")
        world.run_begins()
        world.stage.driver.slows(f"/repos/{world.repo}/collaborators/*/permission", seconds=3, times=1)
    world.until(lambda: world.runs()[0].state is RunState.RUNNING)
    with world.redis_down():
        time.sleep(3)

    run = world.run_ends()

    assert run.state is RunState.SUCCEEDED
    assert_told_once(world, run)
