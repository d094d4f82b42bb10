"""What must be true of a run in the end, whatever broke on the way."""

from __future__ import annotations

from bot.reports.check import CONCLUSIONS
from bot.reports.comment import marker
from bot.reports.headline import headline
from bot.runs import Run
from tests.world import World


def assert_told_once(world: World, run: Run) -> None:
    """One check run and one comment that tell its end, at most one pull request, and no container."""
    check = world.check(run)
    assert (check["status"], check["conclusion"]) == ("completed", CONCLUSIONS[run.state])
    assert check["output"]["title"] == headline(run, {})
    assert [marker(run.id) in text for text in world.said()].count(True) == 1
    assert world.until(lambda: not world.left(run))
    assert_made_at_most_once(world, run)


def assert_made_at_most_once(world: World, run: Run) -> None:
    """No branch and no pull request but those that the run names."""
    made = [run.pull.number] if run.pull else []
    assert sorted(world.pulls()) == [1, *made]
    ours = [name for name in world.stage.driver.sees_branches(repo=world.repo) if name.startswith("agent/")]
    assert len(ours) <= 1
