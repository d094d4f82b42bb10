"""Webhooks get lost: open runs are held against the truth on GitHub now and then."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.ledger import Ledger
from bot.processes.stage import Stage, Wanted, stage
from bot.runs import Run, RunState
from tests.world import World, new_world

pytestmark = [pytest.mark.docker, pytest.mark.redis, pytest.mark.slow]

LONG = "/agent run `sleep 300`"


@pytest.fixture(scope="module")
def deaf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stage, Ledger]]:
    """A stage that is told of nothing but comments, and looks every second."""
    settings = {"UPDATE_INTERVAL_S": "1", "VERIFY_INTERVAL_S": "1", "REDELIVERY_INTERVAL_S": "0"}
    with stage(Wanted(folder=tmp_path_factory.mktemp("deaf"), settings=settings)) as ready:
        ready.driver.sets_events("issue_comment")
        ledger = ready.ledger()
        yield ready, ledger
        ledger.close()


@pytest.fixture
def world(deaf: tuple[Stage, Ledger]) -> World:
    return new_world(*deaf)


def test_a_pull_request_that_was_closed_unheard_ends_its_run(world: World) -> None:
    """Without any webhook."""
    world.comments(LONG)
    world.step_runs()

    world.stage.driver.closes(1, repo=world.repo)
    run = world.run_ends()

    assert (run.state, run.reason) == (RunState.CANCELLED, "Pull request 1 was closed.")


def test_a_push_that_nobody_heard_of_is_told(world: World) -> None:
    """The run goes on and says where the head is."""
    world.comments("/agent run `sleep 8`")
    world.step_runs()

    head = world.pushes({"new.txt": "new\n"})["sha"]
    run = world.run_ends()

    assert run.state is RunState.SUCCEEDED
    assert f"The pull request has moved on to commit {head[:10]}" in run.notes[0]


def test_a_person_who_lost_the_right_runs_nothing_more(world: World) -> None:
    """The running step ends, and the reason names the right."""
    world.comments(LONG)
    world.step_runs()

    world.gives("writer-will", "read")
    run = world.run_ends()

    assert run.state is RunState.CANCELLED
    assert "The right to run this was taken away meanwhile" in run.reason
    assert "yours is `read`" in run.reason


def test_a_repository_that_was_renamed_unheard_is_followed(world: World) -> None:
    """The next look finds it under its new name."""
    world.comments("/agent run `sleep 8`")
    begun = world.step_runs()

    renamed = world.stage.driver.renames(f"{world.repo.partition('/')[2]}-again", repo=world.repo)

    world.until(lambda: begun.id in [run.id for run in world.ledger.runs.open() if lives_in(run, renamed)])


def lives_in(run: Run, name: str) -> bool:
    return str(run.target.place.repo) == name


def test_a_check_run_that_lost_an_update_is_shown_again(world: World) -> None:
    """What GitHub shows is compared with what we wrote down, not only what we sent."""
    world.comments("/agent run `sleep 12`")
    run = world.step_runs()
    world.until(lambda: world.check(run)["status"] == "in_progress")

    world.stage.driver.forgets_update(world.check(run)["id"], status="queued")

    world.until(lambda: world.check(run)["status"] == "in_progress")
    assert world.run_ends().state is RunState.SUCCEEDED
