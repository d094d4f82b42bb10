"""Processes that stand still or are killed at a bad moment, by real signals."""

from __future__ import annotations

import subprocess
import time
from contextlib import suppress

import pytest

from bot.runs import RunState
from tests.faults.promises import assert_told_once
from tests.world import World

pytestmark = [pytest.mark.docker, pytest.mark.redis, pytest.mark.slow]

LONGER_THAN_A_LEASE_S = 18.0


def test_a_desk_that_slept_takes_no_run_from_its_worker(world: World) -> None:
    """A desk that stood still for longer than a lease looks again before it judges, and tells all then."""
    world.comments("/agent run `sleep 25`")
    world.step_runs()
    with world.paused("desk"):
        world.comments("/agent run `date > made.txt`")
        time.sleep(LONGER_THAN_A_LEASE_S)

    first, second = world.run_ends(), world.run_ends(number=2)

    assert (first.state, first.epoch) == (RunState.SUCCEEDED, 1)
    assert second.state is RunState.SUCCEEDED
    assert sorted(each["external_id"] for each in world.checks()) == sorted((first.id, second.id))


def test_a_web_that_is_killed_while_it_writes_down_loses_nothing(world: World) -> None:
    """Killed in the middle of many deliveries: each that was answered is there, each other is told again."""
    with world.paused("web"):
        asked = [world.comments(f"/agent run `echo {number}`") for number in range(5)]
    world.loses("web")
    world.until(world.web_listens)
    told = {each["id"]: world.delivery(each) for each in asked}
    world.stage.driver.until_hooks_are_idle(seconds=60)

    lost = [each for each in asked if world.delivery(each)["status_code"] != 202]
    again = [world.sends(told[each["id"]]["request"]["payload"]).status_code for each in lost]
    ends = [world.run_ends(number=number) for number in range(1, 6)]
    world.is_quiet()

    assert again == [202] * len(lost)
    assert [run.state for run in ends] == [RunState.SUCCEEDED] * 5
    assert world.runs() == ends


def box(world: World, role: str) -> str:
    """The running container of this role."""
    (run,) = world.runs()
    found = [each for each in world.boxes(run) if each["Config"]["Labels"]["io.devops-agent.role"] == role]
    return str(found[0]["Id"])


@pytest.mark.parametrize("role", ["box", "keeper"])
def test_a_container_that_somebody_kills_is_told(world: World, role: str) -> None:
    """Killed from outside, a box interrupts its step; without its keeper nothing can be read back."""
    world.comments("/agent run `echo begun > made.txt && echo begun && sleep 4`")
    run = world.step_runs()
    world.hears(run, "begun")

    world.docker("kill", box(world, role))
    run = world.run_ends()

    assert run.state is RunState.FAILED
    assert run.reason or run.steps[0].note == "Its container went away."
    assert_told_once(world, run)


def test_a_process_that_somebody_kills_is_told(world: World) -> None:
    """The command itself, killed from outside its box, has failed with the code of its signal."""
    world.comments("/agent run `echo begun && exec sleep 300`")
    run = world.step_runs()
    world.hears(run, "begun")

    with suppress(subprocess.CalledProcessError):  # whoever does it from inside ends with the step
        world.docker("exec", box(world, "box"), "pkill", "-9", "-x", "sleep")
    run = world.run_ends()

    assert run.state is RunState.FAILED
    assert run.steps[0].note == "Exit code 137."
    assert_told_once(world, run)
