"""A run that has ended, once more: by command, from where it failed, with its past kept."""

from __future__ import annotations

import pytest

from bot.runs import Run, RunState
from tests.world import World

pytestmark = [pytest.mark.docker, pytest.mark.redis, pytest.mark.slow]

FLAKY = """\
/agent run

1. Run `echo first >> made.txt && rm README.md`
2. Run `test -e passed.txt || { touch passed.txt; exit 7; }`
3. Run `cat made.txt`
"""


@pytest.fixture
def flaky(world: World) -> Run:
    """A run whose second step fails the first time."""
    world.comments(FLAKY)
    return world.run_ends()


def states(run: Run) -> list[str]:
    return [str(step.state) for step in run.steps]


def test_only_what_failed_is_done_again(world: World, flaky: Run) -> None:
    """The step that had succeeded is kept with its files, and the pull request has everything."""
    world.comments("/agent retry", by="writer-wendy")

    run = world.run_ends(attempt=2)

    assert states(flaky) == ["succeeded", "failed", "skipped", "skipped"]
    assert run.state is RunState.SUCCEEDED
    assert run.pull is not None
    files = {each["path"]: each["status"] for each in world.pull(run.pull.number)["files"]}
    assert files == {"README.md": "removed", "made.txt": "added", "passed.txt": "added"}
    assert run.steps[0] == flaky.steps[0]


def test_it_is_the_same_run(world: World, flaky: Run) -> None:
    """The same plan on the same commit, one check run and one status comment; who asked last is named."""
    world.comments(f"/agent retry {flaky.id} --failed", by="writer-wendy")

    run = world.run_ends(attempt=2)

    assert len(world.runs()) == 1
    assert (run.plan.digest, run.target.sha) == (flaky.plan.digest, flaky.target.sha)
    assert world.check(run)["conclusion"] == "success"
    (said,) = world.said()
    assert "Attempt 2" in said
    assert "Kept from attempt 1." in said
    assert "`writer-wendy`" in said


def test_its_past_is_kept(world: World, flaky: Run) -> None:
    """The page tells of the attempt before, and the log holds both."""
    world.comments("/agent retry")

    run = world.run_ends(attempt=2)

    assert "Attempt 1" in world.page(run)
    assert "Attempt 2 begins, asked for by writer-will." in world.page(run, "/log.txt")


def test_everything_begins_from_the_commit(world: World, flaky: Run) -> None:
    """`--all` does not keep the files of the attempt before, so the step fails as it did."""
    world.comments("/agent retry --all")

    run = world.run_ends(attempt=2)

    assert states(run) == states(flaky)


def test_from_a_step_on(world: World) -> None:
    """What stands before the step is kept, the step and what follows is done again."""
    world.comments("/agent run\n\n1. Run `date +%N > first`\n2. Run `date +%N > second`")
    first = world.run_ends()

    world.comments("/agent retry --from 2")

    run = world.run_ends(attempt=2)
    assert run.steps[0] == first.steps[0]
    assert run.steps[1].started_at != first.steps[1].started_at
    assert run.pull == first.pull
    assert world.pulls() == [1, first.pull.number if first.pull else 0]


def test_a_pull_request_that_could_not_be_made_is_made_without_a_box(world: World) -> None:
    """When only that failed, nothing in the box is done again."""
    world.stage.driver.fails(f"/repos/{world.repo}/pulls", method="POST", status=422, message="No.")
    world.comments("/agent run `date +%N > made.txt`")
    first = world.run_ends()

    world.comments("/agent retry")

    run = world.run_ends(attempt=2)
    assert (first.state, run.state) == (RunState.FAILED, RunState.SUCCEEDED)
    assert run.steps[0] == first.steps[0]
    assert run.pull is not None


def test_on_the_newest_commit(world: World, flaky: Run) -> None:
    """`--head` goes on to what was pushed since, from the beginning, with a check run there."""
    world.pushes({"passed.txt": "yes\n"})

    world.comments("/agent retry --head")

    run = world.run_ends(attempt=2)
    assert run.state is RunState.SUCCEEDED
    assert run.target.sha != flaky.target.sha
    ends = {each["head_sha"]: each["conclusion"] for each in world.checks()}
    assert ends == {flaky.target.sha: "failure", run.target.sha: "success"}


def test_without_head_the_commit_stays(world: World, flaky: Run) -> None:
    """What was pushed since is not looked at."""
    world.pushes({"passed.txt": "yes\n"})

    world.comments("/agent retry --all")

    run = world.run_ends(attempt=2)
    assert (run.state, run.target.sha) == (RunState.FAILED, flaky.target.sha)


def test_one_command_is_one_attempt(world: World, flaky: Run) -> None:
    """However often it is delivered."""
    world.stage.driver.disturbs_hooks("duplicate", event="issue_comment")

    world.comments("/agent retry --all")

    world.run_ends(attempt=2)
    world.is_quiet()
    assert world.runs()[0].attempt == 2


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("/agent retry --from 9", "its steps are 1 to 4"),
        ("/agent retry --failed --all", "Please choose one of"),
        ("/agent retry --head --failed", "so `--head` stands alone"),
        ("/agent retry everything please", "I do not understand `please` here."),
        ("/agent retry 0000000000", "I know no run `0000000000`"),
    ],
)
def test_what_cannot_be_done_is_said(world: World, flaky: Run, command: str, answer: str) -> None:
    """Each with what to write instead, and the run stays as it is."""
    world.comments(command)

    assert answer in world.answers(2)
    assert world.runs() == [flaky]


def test_what_still_goes_on_is_not_begun_again(world: World) -> None:
    """The answer says how to end it."""
    world.comments("/agent run `sleep 3`")
    run = world.step_runs()

    world.comments("/agent retry --all")

    assert f"`/agent cancel {run.id}`" in world.answers(2)


def test_a_reader_retries_nothing(world: World, flaky: Run) -> None:
    """It needs the same right as to run."""
    world.comments("/agent retry", by="reader-rita")

    assert "`retry` needs the role `write`" in world.answers(2)
    assert world.runs() == [flaky]
