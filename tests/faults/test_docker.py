"""An engine that goes away, an image that is gone, a box that eats its machine: told, and others go on."""

from __future__ import annotations

import pytest

from bot.runs import Run, RunState
from tests.faults.conftest import EngineStage
from tests.faults.promises import assert_told_once
from tests.world import World

pytestmark = [pytest.mark.docker, pytest.mark.redis, pytest.mark.slow]

LOST = "Its container went away."


def assert_lost_its_box(world: World, run: Run) -> None:
    assert run.state is RunState.FAILED
    assert (str(run.steps[0].state), run.steps[0].note) == ("interrupted", LOST)
    assert_told_once(world, run)


def works_again(world: World) -> None:
    world.comments("/agent run `echo well`")
    assert world.run_ends(number=len(world.runs()) + 1).state is RunState.SUCCEEDED


def test_an_engine_that_is_restarted_ends_its_runs(engine_stage: EngineStage) -> None:
    """Who restarts Docker ends what runs in it: the run says so, and the next one works."""
    world = engine_stage.world()
    world.comments("/agent run `echo begun && sleep 300`")
    run = world.step_runs()
    world.hears(run, "begun")

    with engine_stage.engine.away():
        pass

    assert_lost_its_box(world, world.run_ends())
    works_again(world)


def test_an_engine_that_dies_ends_its_runs(engine_stage: EngineStage) -> None:
    """Killed, it ends no container by itself: the run says what it lost, and nothing of it is left."""
    world = engine_stage.world()
    world.comments("/agent run `echo begun && sleep 300`")
    run = world.step_runs()
    world.hears(run, "begun")

    engine_stage.engine.dies()
    engine_stage.engine.start()

    assert_lost_its_box(world, world.run_ends())
    works_again(world)


def test_an_engine_that_is_away_for_a_moment_is_waited_for(engine_stage: EngineStage) -> None:
    """A run that finds no engine waits some seconds before it gives up."""
    world = engine_stage.world()
    with engine_stage.engine.away():
        world.comments("/agent run `ls`")
        world.until(lambda: "hands.wait" in world.log("hands"))

    run = world.run_ends()

    assert run.state is RunState.SUCCEEDED
    assert_told_once(world, run)


def test_an_image_that_vanished_is_named(engine_stage: EngineStage) -> None:
    """A run without its image says which one is missing; with the image all is well again."""
    world = engine_stage.world()
    engine_stage.engine.loses_the_image()
    world.comments("/agent run `ls`")
    run = world.run_ends()
    engine_stage.engine.gets_the_image()

    assert run.state is RunState.FAILED
    assert "The sandbox image `devops-agent/sandbox:latest` is not on this machine." in run.reason
    assert_told_once(world, run)
    works_again(world)


def test_a_hungry_run_hurts_only_itself(world: World) -> None:
    """A run that takes all its memory ends as failed and says why; the one beside it ends well."""
    world.configures("limits: {memory_mb: 256}\n")
    world.comments("/agent run `python3 -c 'print(len(bytes(range(256)) * 2**24))'`")
    world.run_begins()
    world.comments("/agent run `sleep 3 && echo well`")

    hungry, other = world.run_ends(), world.run_ends(number=2)

    assert hungry.state is RunState.FAILED
    assert "It used more memory than the run may have." in hungry.steps[0].note
    assert other.state is RunState.SUCCEEDED
    assert_told_once(world, hungry)
    assert_told_once(world, other)


def test_a_fork_bomb_hurts_only_itself(world: World) -> None:
    """A run that forks without end is stopped by its limits; the one beside it ends well."""
    world.configures("limits: {step_timeout_s: 5}\n")
    world.comments("/agent run `bomb() { bomb | bomb & }; bomb; sleep 300`")
    world.run_begins()
    world.comments("/agent run `echo well`")

    bomb, other = world.run_ends(), world.run_ends(number=2)

    assert bomb.state in (RunState.FAILED, RunState.TIMED_OUT)
    assert other.state is RunState.SUCCEEDED
    assert_told_once(world, bomb)
    assert_told_once(world, other)
