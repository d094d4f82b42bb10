"""Stopping a run: by whoever may, at once, with one truth about who did it."""

from __future__ import annotations

import time

import pytest

from bot.runs import RunState
from tests.world import World

pytestmark = [pytest.mark.docker, pytest.mark.redis, pytest.mark.slow]

SLEEP = "/agent run\n\n1. Run `echo begun > made.txt && echo ready && sleep 300`\n2. Run `touch never`"


def test_a_running_run_is_ended_within_moments(world: World) -> None:
    """The process is dead and the check run `cancelled` long before its end, and its changes are kept."""
    world.comments(SLEEP)
    run = world.step_runs()
    world.hears(run, "ready")

    asked = time.monotonic()
    world.comments("/agent cancel")
    run = world.run_ends()

    assert time.monotonic() - asked < 10  # a second where nothing else goes on
    assert run.state is RunState.CANCELLED
    assert run.reason == "Cancelled by writer-will."
    assert [str(step.state) for step in run.steps] == ["cancelled", "skipped", "skipped"]
    assert world.check(run)["conclusion"] == "cancelled"
    assert "made.txt" in world.page(run, "/changes.patch")
    assert world.pulls() == [1]
    assert world.until(lambda: not world.left(run))


def test_a_queued_run_never_starts(world: World) -> None:
    """What was queued is dropped, and its check run says so."""
    with world.paused("hands"):
        world.comments("/agent run `ls`")
        begun = world.run_begins()
        world.comments(f"/agent cancel {begun.id}")
        run = world.run_ends()

    assert run.state is RunState.CANCELLED
    assert run.started_at is None
    assert world.check(run)["conclusion"] == "cancelled"


def test_two_people_cancelling_see_one_truth(world: World) -> None:
    """The first who asked is the one who is named, to both."""
    world.comments(SLEEP)
    world.step_runs()
    world.comments("/agent cancel", by="writer-wendy")
    world.run_ends()

    world.comments("/agent cancel")

    first, second = world.answers(2), world.answers(3)
    assert "was cancelled by `writer-wendy`" in first
    assert "was cancelled by `writer-wendy`" in second


def test_a_reader_cancels_nothing(world: World) -> None:
    """Cancelling needs the right to write."""
    world.comments("/agent run `sleep 5`")
    world.step_runs()

    world.comments("/agent cancel", by="reader-rita")

    assert "`cancel` needs the role `write`" in world.answers(2)
    assert world.run_ends().state is RunState.SUCCEEDED


def test_all_of_them(world: World) -> None:
    """`all` ends everything that is open on this pull request."""
    world.comments(SLEEP)
    world.comments(SLEEP)
    world.step_runs()
    world.run_begins(number=2)

    world.comments("/agent cancel all")

    ends = [world.run_ends(number=number).state for number in (1, 2)]
    assert ends == [RunState.CANCELLED, RunState.CANCELLED]


def test_nothing_to_cancel_is_said(world: World) -> None:
    """Where nothing runs, that is the answer."""
    world.comments("/agent cancel")

    assert "there was nothing to cancel" in world.answers(1)
