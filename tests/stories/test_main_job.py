"""The main job: a comment becomes a plan, a live check run, and a pull request."""

from __future__ import annotations

import pytest

from bot.processes.demo.story import COMMENT as MEND
from bot.runs import RunState
from tests.world import World

pytestmark = [pytest.mark.docker, pytest.mark.redis, pytest.mark.slow]


def test_a_plan_that_mends_the_failing_test_comes_back_as_a_pull_request(world: World) -> None:
    """`/agent run` on a pull request is seen, run, shown, and ends as a pull request against its branch."""
    comment = world.comments(MEND)

    run = world.run_ends()

    assert run.state is RunState.SUCCEEDED
    assert world.reactions(comment) == ["eyes"]
    check = world.check(run)
    assert check["conclusion"] == "success"
    states = [update["status"] for update in check["history"]]
    assert (states[0], states[-1]) == ("queued", "completed")
    assert "in_progress" in states
    assert run.pull is not None
    pull = world.pull(run.pull.number)
    assert pull["base"]["ref"] == "feature/discounts"
    assert [file["path"] for file in pull["files"]] == ["shop/prices.py"]
    assert "amount - amount * percent // 100" in pull["files"][0]["content"]
    assert pull["commit_list"][0]["verification"]["verified"]


def test_the_status_comment_is_one_and_ends_with_the_pull_request(world: World) -> None:
    """There is one status comment, edited in place, and at the end it links the new pull request."""
    world.comments(MEND)

    run = world.run_ends()

    (said,) = world.said()
    assert run.pull is not None
    assert f"#{run.pull.number}" in said


def test_nothing_changed_means_no_pull_request(world: World) -> None:
    """A run that changes no file says so and opens no empty pull request."""
    world.comments("/agent run `ls`")

    run = world.run_ends()

    assert run.state is RunState.SUCCEEDED
    assert world.pulls() == [1]
    assert "Nothing changed, so there is no pull request." in world.said()[0]


def test_the_first_failure_ends_the_run(world: World) -> None:
    """After a failed step nothing more starts, and the check run fails."""
    world.comments("/agent run\n\n1. Run `ls`\n2. Run `exit 3`\n3. Run `touch never`")

    run = world.run_ends()

    assert run.state is RunState.FAILED
    assert [str(step.state) for step in run.steps] == ["succeeded", "failed", "skipped", "skipped"]
    assert world.check(run)["conclusion"] == "failure"
    assert world.pulls() == [1]
