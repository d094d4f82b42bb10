"""`/agent undo`: what a run did on GitHub is taken back, once, by whoever may, and never what others did."""

from __future__ import annotations

import pytest

from bot.runs import Run, RunState
from tests.world import World

pytestmark = [pytest.mark.docker, pytest.mark.redis, pytest.mark.slow]

CHANGE = "/agent run `echo '# mended' >> shop/prices.py`"
REVIEWED = "policy: {rules: [{name: look twice, when: {action: [undo_run]}, then: approval}]}\n"


def published(world: World) -> tuple[Run, int, str]:
    """A run that has made a pull request, with its number and branch."""
    world.comments(CHANGE)
    run = world.run_ends()
    assert run.pull is not None
    return run, run.pull.number, run.pull.branch


def branches(world: World) -> list[str]:
    return list(world.stage.driver.sees_branches(repo=world.repo))


def test_an_open_pull_request_is_closed_and_its_branch_deleted(world: World) -> None:
    """The report says so; whoever asks again is told who did it."""
    run, number, branch = published(world)

    world.comments("/agent undo")
    undo = world.run_ends(number=2)

    assert undo.state is RunState.SUCCEEDED
    assert world.pull(number)["state"] == "closed"
    assert branch not in branches(world)
    assert world.check(undo)["conclusion"] == "success"
    shown = str(world.check(undo)["output"])
    assert f"Pull request {number} is closed, its branch {branch} deleted." in shown
    assert world.boxes(undo) == []

    world.comments(f"/agent undo {run.id}", by="maint-mia")
    assert f"is undone already: run `{undo.id}`, asked for by `writer-will`" in world.answers(3)


def test_what_somebody_pushed_to_the_branch_is_kept(world: World) -> None:
    """The pull request is closed, their commit stays where it is."""
    _, number, branch = published(world)
    world.pushes({"theirs.txt": "theirs\n"}, branch=branch)

    world.comments("/agent undo")
    undo = world.run_ends(number=2)

    assert undo.state is RunState.SUCCEEDED
    assert world.pull(number)["state"] == "closed"
    assert branch in branches(world)
    assert "is kept, because it does not end in the commit of that run" in str(world.check(undo)["output"])


def test_a_merged_pull_request_is_reverted_by_another(world: World) -> None:
    """The patch is taken back in a box, and comes as a pull request like any other change."""
    _, number, _ = published(world)
    world.stage.driver.merges(number, repo=world.repo)

    world.comments("/agent undo")
    undo = world.run_ends(number=2)

    assert undo.state is RunState.SUCCEEDED, undo.reason
    assert undo.pull is not None
    (file,) = world.pull(undo.pull.number)["files"]
    assert file["path"] == "shop/prices.py"
    assert "-# mended" in file["patch"]


def test_whoever_may_not_run_may_not_undo(world: World) -> None:
    """A reader is refused, and nothing happens to the pull request."""
    _, number, _ = published(world)

    world.comments("/agent undo", by="reader-rita")

    assert "`undo` needs the role `write`" in world.answers(2)
    assert world.pull(number)["state"] == "open"


def test_undoing_waits_for_an_approval_where_the_policy_says_so(world: World) -> None:
    """It is parked like any other plan, and done when somebody else has approved it."""
    _, number, _ = published(world)
    world.configures(REVIEWED)

    world.comments("/agent undo")
    undo = world.run_begins(number=2)
    world.until(lambda: world.runs()[1].state is RunState.PARKED)
    assert world.pull(number)["state"] == "open"

    world.comments(f"/agent approve {undo.id}", by="maint-mia")
    assert world.run_ends(number=2).state is RunState.SUCCEEDED
    assert world.pull(number)["state"] == "closed"


def test_a_desk_that_dies_between_closing_and_deleting_does_both_once(world: World) -> None:
    """The second desk finds the pull request closed, and deletes the branch."""
    _, number, branch = published(world)
    world.stage.driver.fails("/repos/*/git/refs/heads/agent/*", status=502, times=3, method="DELETE")

    world.comments("/agent undo")
    world.until(lambda: world.pull(number)["state"] == "closed")
    world.loses("desk")
    undo = world.run_ends(number=2)

    assert undo.state is RunState.SUCCEEDED
    assert branch not in branches(world)
    assert len([run for run in world.runs() if run.plan.actions[0].action_type == "undo_run"]) == 1
