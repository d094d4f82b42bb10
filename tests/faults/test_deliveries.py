"""Webhooks that come twice, late, in the wrong order or days later: one command is one run."""

from __future__ import annotations

import pytest

from bot.runs import RunState
from tests.faults.promises import assert_told_once
from tests.world import World

pytestmark = [pytest.mark.docker, pytest.mark.redis, pytest.mark.slow]


def test_a_command_that_is_told_twice_is_one_run(world: World) -> None:
    """The same delivery twice at once."""
    world.stage.driver.disturbs_hooks("duplicate", event="issue_comment")
    world.comments("/agent run `ls`")

    run = world.run_ends()
    world.is_quiet()

    assert world.runs() == [run]
    assert_told_once(world, run)


def test_a_command_that_is_replayed_under_other_ids_is_one_run(world: World) -> None:
    """The headers are not signed: the same happening under a new GUID, and GitHub's own redelivery."""
    told = world.delivery(world.comments("/agent run `ls`"))
    run = world.run_ends()

    again = [world.sends(told["request"]["payload"]).status_code for _ in range(3)]
    world.stage.driver.redelivers(told["id"])
    world.is_quiet()

    assert again == [202, 202, 202]
    assert world.runs() == [run]
    assert_told_once(world, run)


def test_an_edit_that_arrives_before_its_comment(world: World) -> None:
    """Both commands run once each, in whichever order they are told."""
    world.stage.driver.disturbs_hooks("reorder", event="issue_comment")
    comment = world.comments("/agent run `echo one`")
    world.edits(comment, "/agent run `echo one`\n/agent run `echo two`")

    ends = [world.run_ends(number=number) for number in (1, 2)]
    world.is_quiet()

    assert sorted(run.plan.actions[0].parameters["command"] for run in ends) == ["echo one", "echo two"]
    assert world.runs() == ends


def test_a_cancel_that_arrives_before_its_run(world: World) -> None:
    """It finds nothing to cancel and says so; the run that comes after it is a run like any other."""
    world.stage.driver.disturbs_hooks("reorder", event="issue_comment")
    world.comments("/agent run `ls`")
    world.comments("/agent cancel")

    run = world.run_ends()
    world.is_quiet()

    assert run.state is RunState.SUCCEEDED
    assert any("there was nothing to cancel" in text for text in world.said())
    assert world.check(run)["conclusion"] == "success"


def test_a_command_that_arrives_after_the_end_of_its_pull_request(world: World) -> None:
    """What was asked while it was open and is heard when it is closed is refused with a sentence."""
    world.stage.driver.disturbs_hooks("delay", seconds=2.0, event="issue_comment")
    world.comments("/agent run `ls`")
    world.stage.driver.closes(repo=world.repo)

    said = world.answers(1)
    world.is_quiet()

    assert "closed" in said
    assert [run for run in world.runs() if run.started_at] == []
