"""Hands that die: another worker is found, nothing is done twice, nothing is left behind."""

from __future__ import annotations

import os
import signal
import time

import pytest

from bot.runs import RunState
from tests.world import World

pytestmark = [pytest.mark.docker, pytest.mark.redis, pytest.mark.slow]

WORST_S = 30.0


def test_a_command_that_was_lost_is_not_repeated(world: World) -> None:
    """A run whose worker is killed in a command ends as failed within half a minute, and says why."""
    world.comments("/agent run\n\n1. Run `sleep 300`\n2. Run `ls`")
    run = world.step_runs()

    lost = time.monotonic()
    world.loses("hands")
    run = world.run_ends()

    assert time.monotonic() - lost < WORST_S
    assert run.state is RunState.FAILED
    assert "was lost" in run.reason
    assert [str(step.state) for step in run.steps] == ["interrupted", "skipped", "skipped"]
    assert world.check(run)["conclusion"] == "failure"
    assert world.until(lambda: not world.left(run))


def test_a_run_that_had_done_nothing_begins_again(world: World) -> None:
    """A run that lost its worker before its first step is taken over by another, and succeeds."""
    with world.paused("hands"):
        world.comments("/agent run `ls`")
        world.run_begins()
        world.stage.driver.slows(f"/repos/{world.repo}/collaborators/*/permission", seconds=4, times=1)
    world.until(lambda: world.runs()[0].state is RunState.RUNNING)  # claimed, and waits for its clearance
    world.loses("hands")

    run = world.run_ends()

    assert run.state is RunState.SUCCEEDED
    assert run.epoch > 1
    assert any("began again" in note for note in run.notes)
    assert len(world.checks()) == 1


def test_a_worker_that_wakes_up_late_changes_nothing(world: World) -> None:
    """A worker that was held up for longer than its lease finds the run ended, and leaves it so."""
    world.comments("/agent run `sleep 2 && echo done`")
    world.step_runs()
    hands = world.stage.processes.pid("hands")
    os.kill(hands, signal.SIGSTOP)
    try:
        ended = world.run_ends()
    finally:
        os.kill(hands, signal.SIGCONT)
    world.comments("/agent run `ls`")
    world.run_ends(number=2)

    (again, _) = world.runs()
    assert ended.state is RunState.FAILED
    assert again == ended
    assert world.until(lambda: not world.left(ended))
