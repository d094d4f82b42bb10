"""Stopping for maintenance: nothing new begins, what runs goes on for a while, then to another worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from bot.processes.stage import Wanted, stage
from bot.runs import RunState
from tests.world import World, new_world

pytestmark = [pytest.mark.docker, pytest.mark.redis, pytest.mark.slow]

RUNS = 20


def test_a_run_outlives_a_stop_of_its_hands(world: World) -> None:
    """Stopped hands hand their run over, without waiting for a lease, and it does not count as a loss."""
    world.comments("/agent run `echo begun && sleep 4 && echo done`")
    run = world.step_runs()
    world.hears(run, "begun")

    with world.down("hands"):
        handed = world.runs()[0]
    run = world.run_ends()

    assert handed.state is RunState.QUEUED
    assert (run.state, run.losses) == (RunState.SUCCEEDED, 0)
    assert any("stopped for maintenance" in note for note in run.notes)


def test_a_run_that_ends_within_the_grace_period_is_not_disturbed(world: World) -> None:
    """A step that is nearly done is let to its end."""
    world.comments("/agent run `echo begun && sleep 0.5`")
    world.hears(world.step_runs(), "begun")

    with world.down("hands"):
        run = world.runs()[0]

    assert (run.state, run.epoch) == (RunState.SUCCEEDED, 1)


@pytest.fixture
def busy(
    tmp_path_factory: pytest.TempPathFactory, new_ledger: Callable[[], dict[str, str]]
) -> Iterator[World]:
    """A world of its own, so that nobody else is disturbed."""
    settings = {"UPDATE_INTERVAL_S": "1", "HANDS_WORKERS": "4", **new_ledger()}
    with stage(Wanted(folder=tmp_path_factory.mktemp("busy"), settings=settings)) as ready:
        ledger = ready.ledger()
        yield new_world(ready, ledger)
        ledger.close()


def test_a_rolling_restart_fails_no_run(busy: World) -> None:
    """All three processes are stopped and started, one after the other, with twenty runs in flight."""
    asked = [busy.comments(f"/agent run `sleep 2 && echo {number}`") for number in range(RUNS)]
    busy.step_runs()
    busy.run_begins(number=RUNS)

    with busy.down("hands"):
        pass
    with busy.down("desk"):
        pass
    with busy.down("web"):
        pass

    ends = [busy.run_ends(number=number) for number in range(1, len(asked) + 1)]
    assert {run.state for run in ends} == {RunState.SUCCEEDED}
    assert {busy.check(run)["conclusion"] for run in ends} == {"success"}
