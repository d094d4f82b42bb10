"""Hands that die: another worker is found, nothing is done twice, nothing is left behind."""

from __future__ import annotations

import time

import pytest

from bot.runs import RunState
from tests.world import World

pytestmark = [pytest.mark.docker, pytest.mark.redis, pytest.mark.slow]

WORST_S = 30.0


ONCE = """\
/agent run

```yaml
actions:
  - action_type: run_command
    parameters: {command: sleep 300, once: true}
  - action_type: run_command
    parameters: {command: ls}
```
"""


def test_a_command_that_was_lost_begins_again(world: World) -> None:
    """A run whose worker is killed in a command is taken over within half a minute, and ends well."""
    world.comments("/agent run `echo begun && sleep 6 && echo done`")
    run = world.step_runs()
    world.hears(run, "begun")

    lost = time.monotonic()
    world.loses("hands")
    world.until(lambda: world.runs()[0].epoch > run.epoch or None)

    assert time.monotonic() - lost < WORST_S
    run = world.run_ends()
    assert run.state is RunState.SUCCEEDED
    assert run.losses == 1
    assert any("began again" in note for note in run.notes)
    assert world.until(lambda: not world.left(run))


def test_a_command_that_must_not_begin_twice_is_not_repeated(world: World) -> None:
    """A run whose worker is killed in it ends as failed within half a minute, and says why."""
    world.comments(ONCE)
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
    world.comments(ONCE.replace("sleep 300", "sleep 2"))
    world.step_runs()
    with world.paused("hands"):
        ended = world.run_ends()
    world.comments("/agent run `ls`")
    world.run_ends(number=2)

    (again, _) = world.runs()
    assert ended.state is RunState.FAILED
    assert again == ended
    assert world.until(lambda: not world.left(ended))
