"""Bad input: each has one clear sentence where the user looks, and a true end."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.runs import RunState
from tests.stories.conftest import StrictStage
from tests.world import Json, World

pytestmark = [pytest.mark.docker, pytest.mark.redis, pytest.mark.slow]


def plan(*actions: str) -> str:
    return "/agent run\n```yaml\n" + "\n".join(f"- {action}" for action in actions) + "\n```"


RUN = "{action_type: run_command, parameters: {command: a}}"
WORKFLOW = "{action_type: write_file, parameters: {path: .github/workflows/x.yml, content: a}}"
SENTENCES = {
    "nothing": ("/agent run", "plan"),
    "no verb": ("/agent", "This is what I can do for you here"),
    "empty command": (
        plan("{action_type: run_command, parameters: {command: '  '}}"),
        "Step 1 (`run_command`): `command` must not be empty.",
    ),
    "cycle": (
        plan(
            "{action_type: run_command, parameters: {command: a}, depends_on: [1]}",
            "{action_type: run_command, parameters: {command: b}, depends_on: [0]}",
        ),
        "Steps 1 → 2 → 1 wait for each other in a circle (`depends_on`), so none could start.",
    ),
    "unknown action": (plan("{action_type: run_comand, parameters: {command: a}}"), "`run_command`"),
    "index": (
        plan("{action_type: run_command, parameters: {command: a}, depends_on: [7]}"),
        "Step 1: `depends_on` names 7, but it counts from 0",
    ),
    "parameter": (
        plan("{action_type: run_command, parameters: {comand: a}}"),
        "Step 1 (`run_command`): `comand`",
    ),
    "value": (
        plan("{action_type: run_command, parameters: {command: a, timeout_s: soon}}"),
        "Step 1 (`run_command`): `timeout_s`",
    ),
    "101 steps": (plan(*[RUN] * 101), "The plan has 101 steps, and at most 100 are allowed here."),
    "dots": (
        plan("{action_type: write_file, parameters: {path: ../x, content: a}}"),
        "it cannot hold `..`",
    ),
    "absolute": (
        plan("{action_type: write_file, parameters: {path: /etc/passwd, content: a}}"),
        "must be relative to the repository",
    ),
    "git": (plan("{action_type: delete_path, parameters: {path: .git/config}}"), "which is git's own folder"),
    "workflow": (plan(WORKFLOW), "is under `.github/workflows`, which I never change."),
    "broken yaml": (plan(RUN.rstrip("}")), "Line 2 of the block: this is not YAML"),
    "anchor": ("/agent run\n```yaml\na: &x [1]\nb: *x\n```", "anchor"),
}


@pytest.mark.parametrize(("text", "sentence"), SENTENCES.values(), ids=SENTENCES)
def test_a_plan_that_cannot_be_used_is_answered_in_a_sentence(world: World, text: str, sentence: str) -> None:
    """The step and the field are named, nothing runs, there is no check run."""
    world.comments(text)

    assert sentence in world.answers()
    world.is_quiet()
    assert len(world.said()) == 1
    assert world.runs() == []
    assert world.checks() == []


def test_a_plan_that_cannot_be_used_is_in_the_audit(world: World) -> None:
    """The trail tells who tried what, and why it was refused."""
    world.comments(plan(WORKFLOW))

    world.answers()
    lines = [each for each in world.ledger.audit.lines() if each.place == world.repo]
    assert [(each.actor, each.what, each.verdict) for each in lines] == [
        ("writer-will", "run", "allowed"),
        ("writer-will", "run", "refused"),
    ]
    assert "is under `.github/workflows`" in lines[1].reason


def test_a_comment_of_a_megabyte_is_answered(world: World) -> None:
    """The largest comment that anybody could sign is read in time, and its plan refused with a sentence."""
    driver = world.stage.driver
    driver.disturbs_hooks("drop", event="issue_comment")
    told: Json = copy.deepcopy(world.delivery(world.comments("short"))["request"]["payload"])
    told["comment"]["body"] = "/agent run\n```sh\n" + "echo 123456789\n" * 70_000 + "```\n"

    answer = world.sends(told)

    assert answer.status_code == 202
    assert "This plan is too long: at most 256 KiB can be read." in world.answers()
    assert world.runs() == []


def test_a_path_through_a_link_cannot_leave(world: World) -> None:
    """A link that an earlier step made is not followed out of the repository."""
    world.comments(
        plan(
            "{action_type: run_command, parameters: {command: ln -s /tmp out}}",
            "{action_type: write_file, parameters: {path: out/x, content: a}}",
        )
    )

    run = world.run_ends()

    assert [str(step.state) for step in run.steps[:2]] == ["succeeded", "failed"]
    assert "link" in world.check(run)["output"]["text"]


def test_a_closed_pull_request_is_not_worked_on(world: World) -> None:
    """The answer says to reopen it."""
    world.stage.driver.closes(1, repo=world.repo)
    world.comments("/agent run `ls`")

    assert "Pull request 1 is closed, so I did not start. Reopen it and ask me again." in world.answers()
    assert world.runs() == []


def test_a_deleted_branch_is_not_worked_on(world: World) -> None:
    """GitHub closes a pull request whose branch is deleted; the answer says so."""
    world.stage.driver.deletes_branch("feature/discounts", repo=world.repo)
    world.comments("/agent run `ls`")

    assert "Pull request 1 is closed, so I did not start." in world.answers()
    assert world.runs() == []


def test_without_permission_for_check_runs_the_run_is_still_true(world: World) -> None:
    """The comment, the pull request and the ledger tell the end; the check run follows once it may."""
    with checks_forbidden(world):
        poor = world.owned_by("poor")
        poor.comments("/agent run `echo x > x`")
        (pull,) = world.until(lambda: [each for each in poor.pulls() if each != 1])
        told = world.until(lambda: [text for text in poor.said() if f"#{pull}" in text])

        assert len(told) == 1
        assert poor.checks() == []

    run = poor.run_ends()
    assert run.state is RunState.SUCCEEDED
    assert poor.check(run)["conclusion"] == "success"


@contextmanager
def checks_forbidden(world: World) -> Iterator[None]:
    """The App may not write check runs on any installation of the world's owner."""
    usual = world.stage.driver.sees_state()["app"]["permissions"]
    world.stage.driver.sets_permissions(**{**usual, "checks": "read"})
    try:
        yield
    finally:
        world.stage.driver.sets_permissions(**usual)


def test_an_image_that_is_missing_ends_the_run_with_a_sentence(strict_stage: StrictStage) -> None:
    """The check run names the image and how to get it."""
    world = strict_stage.world()
    world.configures("image: nowhere/missing:1\n")
    world.comments("/agent run `ls`")

    run = world.run_ends()

    assert run.state is RunState.FAILED
    title = world.check(run)["output"]["title"]
    assert "The sandbox image" in title
    assert "nowhere/missing:1" in title
    assert "is not on this machine." in title


def test_an_image_that_the_server_does_not_allow_is_refused(world: World) -> None:
    """A repository chooses among the server's images only."""
    world.configures("image: evil/miner\n")
    world.comments("/agent run `ls`")

    assert "`image` names `evil/miner`, which this server does not allow." in world.answers()


def test_docker_that_is_not_running_is_said_on_the_check_run(strict_stage: StrictStage) -> None:
    """Hands that start before it say how to start Docker, nobody waits in silence, and the next run works."""
    world = strict_stage.world()
    with gone(strict_stage.docker):
        with world.down("hands"):  # which would go on with the connections that they have
            world.comments("/agent run `ls`")
        run = world.run_ends()

    assert run.state is RunState.FAILED
    assert "Docker does not answer on this machine." in world.check(run)["output"]["title"]
    assert "Docker does not answer on this machine." in world.said()[0]
    world.comments("/agent run `ls`")
    assert world.run_ends(number=2).state is RunState.SUCCEEDED


@contextmanager
def gone(docker: Path) -> Iterator[None]:
    """Docker cannot be reached meanwhile."""
    docker.unlink()
    try:
        yield
    finally:
        docker.symlink_to("/var/run/docker.sock")
