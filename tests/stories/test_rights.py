"""Who may: asked of GitHub at the comment and again before a container starts; refusals are one sentence."""

from __future__ import annotations

import pytest

from bot.runs import RunState
from tests.stories.conftest import StrictStage
from tests.world import World

pytestmark = [pytest.mark.docker, pytest.mark.redis, pytest.mark.slow]

ROLE_API = "/repos/*/collaborators/*/permission"


@pytest.mark.parametrize(
    ("person", "theirs"),
    [
        ("outsider-oz", "you have none here"),
        ("reader-rita", "yours is `read`"),
        ("triage-tom", "yours is `triage`"),
    ],
)
def test_who_may_not_write_is_told_so_once(world: World, person: str, theirs: str) -> None:
    """A denial is one sentence, said once a day, however often somebody tries; nothing starts."""
    world.comments("/agent run `ls`", by=person)
    world.comments("/agent run `id`", by=person)
    world.comments("@devops-agent run `pwd`", by=person)

    world.is_quiet()

    (said,) = world.said()
    assert f"`run` needs the role `write` or higher in this repository, and {theirs}." in said
    assert world.runs() == []
    assert world.checks() == []


@pytest.mark.parametrize("person", ["writer-wendy", "maint-mia", "owner-olga"])
def test_who_may_write_may_run(world: World, person: str) -> None:
    """Write and every higher role may run."""
    world.comments("/agent run `true`", by=person)

    assert world.run_ends().state is RunState.SUCCEEDED


def test_a_repository_can_ask_for_more(world: World) -> None:
    """A role that the configuration raises is needed, and said."""
    world.configures("verbs: {run: {needs: admin}}\n")

    world.comments("/agent run `true`")

    assert "`run` needs the role `admin` or higher" in world.answers()
    assert world.runs() == []


def test_a_right_that_is_taken_away_before_the_start_stops_the_run(world: World) -> None:
    """Rights are read again right before the container: no box, and the check run says why."""
    with world.paused("hands"):
        world.comments("/agent run `ls`")
        world.run_begins()
        world.gives("writer-will", "read")

    run = world.run_ends()

    assert run.state is RunState.DENIED
    assert run.steps[0].started_at is None
    check = world.check(run)
    assert check["conclusion"] == "action_required"
    assert "`run` needs the role `write` or higher" in check["output"]["title"]
    assert world.boxes(run) == []


def test_a_pull_request_that_is_closed_before_the_start_stops_the_run(world: World) -> None:
    """What was closed while its run waited is not worked on."""
    with world.paused("hands"):
        world.comments("/agent run `ls`")
        world.run_begins()
        world.stage.driver.closes(1, repo=world.repo)
        run = world.run_ends()

    assert (run.state, run.started_at) == (RunState.CANCELLED, None)
    assert "Pull request 1 was closed." in world.said()[0]


def test_nothing_starts_while_github_does_not_tell_the_role(world: World) -> None:
    """Failing closed: no run as long as the role is unknown; it begins when GitHub answers again."""
    driver = world.stage.driver
    driver.fails(ROLE_API, status=503, times=12)
    world.comments("/agent run `ls`")
    driver.until(lambda: failures(world) >= 2, seconds=30)
    assert world.runs() == []

    driver.clears_faults()

    assert world.run_ends().state is RunState.SUCCEEDED


def failures(world: World) -> int:
    told = [each for each in world.stage.driver.sees_requests() if world.repo in each["path"]]
    return sum(each["status"] == 503 and each["path"].endswith("/permission") for each in told)


@pytest.mark.parametrize("robot", ["devops-agent[bot]", "rogue-app[bot]"])
def test_robots_are_not_obeyed(world: World, robot: str) -> None:
    """Our own comments and those of other Apps are no commands."""
    world.gives(robot, "admin")
    comment = world.comments("/agent run `ls`", by=robot)

    world.is_quiet()

    assert world.runs() == []
    assert world.reactions(comment) == []
    assert len(world.stage.driver.sees_comments(repo=world.repo)) == 1


def test_a_repository_that_is_not_on_the_list_is_not_served(strict_stage: StrictStage) -> None:
    """No answer, no run, not even a token for it."""
    world = strict_stage.world().owned_by("globex")
    world.comments("/agent run `ls`", by="owner-olga")

    world.is_quiet()

    assert world.said() == []
    assert world.runs() == []
    installations = world.stage.driver.sees_state()["installations"]
    (ours,) = [name for name, each in installations.items() if each["account"] == world.owner]
    minted = f"/app/installations/{ours}/access_tokens"
    assert minted not in [each["path"] for each in world.stage.driver.sees_requests()]


def test_a_right_that_was_lost_before_the_end_publishes_nothing(world: World) -> None:
    """The changes are kept on the run's page; there is no pull request."""
    world.comments("/agent run `sleep 3 && echo new > new.txt`")
    world.step_runs()

    world.gives("writer-will", "read")
    run = world.run_ends()

    assert run.state is RunState.FAILED
    assert "there is no pull request" in run.reason
    assert "yours is `read`" in run.reason
    assert "new.txt" in world.page(run, "/changes.patch")
    assert world.pulls() == [1]
