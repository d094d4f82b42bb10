"""The world changes while a run goes: it follows, or it ends with a reason that everybody can read."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.runs import Run, RunState
from tests.world import World, new_world

pytestmark = [pytest.mark.docker, pytest.mark.redis, pytest.mark.slow]

LONG = "/agent run `sleep 300`"
SHORT = "/agent run `sleep 4`"


# --- pushes --------------------------------------------------------------------------------------------


def test_a_run_goes_on_when_its_pull_request_moves_on_and_says_so(world: World) -> None:
    """By default a push cancels nothing: the check run of the old commit tells where the head is now."""
    world.comments(SHORT)
    begun = world.step_runs()

    head = world.pushes({"new.txt": "new\n"})["sha"]
    run = world.run_ends()

    assert run.state is RunState.SUCCEEDED
    assert run.target.sha == begun.target.sha != head
    assert f"has moved on to commit `{head[:10]}`" in world.check(run)["output"]["summary"].replace(";", "")
    assert "this run is of an older one" in world.said()[0]


def test_a_push_cancels_where_the_configuration_says_so(world: World) -> None:
    """`supersede: cancel` ends the open runs of the old commit, with the new one in the reason."""
    world.configures("supersede: cancel")
    world.comments(LONG)
    world.step_runs()

    head = world.pushes({"new.txt": "new\n"})["sha"]
    run = world.run_ends()

    assert run.state is RunState.CANCELLED
    assert run.reason == f"The pull request moved on to commit {head[:10]}, so this older run was cancelled."
    assert world.check(run)["conclusion"] == "cancelled"


def test_a_push_does_nothing_where_the_configuration_says_never(world: World) -> None:
    """`supersede: never` lets the run end as if nobody had pushed."""
    world.configures("supersede: never")
    world.comments(SHORT)
    world.step_runs()

    world.pushes({"new.txt": "new\n"})
    run = world.run_ends()

    assert (run.state, run.notes) == (RunState.SUCCEEDED, ())


def test_what_holds_is_what_was_configured_when_the_run_was_asked_for(world: World) -> None:
    """A later change of the configuration does not reach a run that is open."""
    world.comments(SHORT)
    world.step_runs()

    world.configures("supersede: cancel")
    world.pushes({"new.txt": "new\n"})

    assert world.run_ends().state is RunState.SUCCEEDED


# --- closed, locked, drafted ---------------------------------------------------------------------------


def test_closing_a_pull_request_ends_its_runs(world: World) -> None:
    """The running one and the queued one, with the reason."""
    world.comments(LONG)
    world.comments(LONG)
    world.step_runs()
    world.run_begins(number=2)

    world.stage.driver.closes(1, repo=world.repo)
    ended = [world.run_ends(number=number) for number in (1, 2)]

    assert [run.state for run in ended] == [RunState.CANCELLED, RunState.CANCELLED]
    assert {run.reason for run in ended} == {"Pull request 1 was closed."}
    assert world.until(lambda: not world.left(ended[0]))


def test_a_pull_request_that_was_opened_again_keeps_its_run(world: World) -> None:
    """News of the closing that come late are held against what GitHub says now."""
    world.comments(SHORT)
    world.step_runs()
    world.stage.driver.disturbs_hooks("delay", seconds=1.0, event="pull_request")

    world.stage.driver.closes(1, repo=world.repo)
    world.stage.driver.reopens(1, repo=world.repo)

    assert world.run_ends().state is RunState.SUCCEEDED


def test_a_draft_is_worked_on(world: World) -> None:
    """Converting to a draft ends nothing."""
    world.comments(SHORT)
    world.step_runs()

    world.stage.driver.drafts(1, repo=world.repo)

    assert world.run_ends().state is RunState.SUCCEEDED


def test_a_run_in_a_locked_conversation_goes_on(world: World) -> None:
    """The check run shows its end whether or not GitHub takes a comment there."""
    world.comments(SHORT)
    world.step_runs()

    world.stage.driver.locks(1, repo=world.repo)
    run = world.run_ends()

    assert run.state is RunState.SUCCEEDED
    assert world.check(run)["conclusion"] == "success"


def test_a_run_that_begins_in_a_locked_conversation_is_told_by_its_check_run_alone(world: World) -> None:
    """The comment that GitHub refuses is given up without noise: no error in the log or in the doctor."""
    with world.paused("desk"):
        world.comments(SHORT)
        world.stage.driver.locks(1, repo=world.repo)
    run = world.run_ends()

    assert run.state is RunState.SUCCEEDED
    assert world.check(run)["conclusion"] == "success"
    assert world.said() == []
    assert f"comment:{run.id}" not in [key for key, _ in world.ledger.surfaces.given_up(run.queued_at)]


# --- the comment that asked ----------------------------------------------------------------------------


def test_a_run_that_waits_ends_with_the_comment_that_asked_for_it(world: World) -> None:
    """Who takes the command back before it began is heard."""
    with world.paused("hands"):
        asked = world.comments(SHORT)
        world.run_begins()
        world.stage.driver.deletes(asked["id"])
        run = world.run_ends()

    assert run.state is RunState.CANCELLED
    assert run.reason == "The comment that asked for this run was deleted before it began."
    assert world.check(run)["conclusion"] == "cancelled"


def test_a_run_that_has_begun_goes_on_without_its_comment(world: World) -> None:
    """`/agent cancel` ends it, deleting the words does not."""
    asked = world.comments(SHORT)
    world.step_runs()

    world.stage.driver.deletes(asked["id"])

    assert world.run_ends().state is RunState.SUCCEEDED


def test_a_deletion_that_overtakes_its_comment_is_heard_after_it(world: World) -> None:
    """The order of deliveries is nobody's promise."""
    with world.paused("hands"):
        world.stage.driver.disturbs_hooks("delay", seconds=2.0, event="issue_comment")
        asked = world.comments(SHORT)
        world.stage.driver.deletes(asked["id"])

        assert world.run_ends().state is RunState.CANCELLED


# --- the repository and the App ------------------------------------------------------------------------


def alone(world: World) -> World:
    """In an account of its own: others' stories go on while the App is taken from this one."""
    return world.owned_by("elsewhere")


def long_run(world: World) -> Run:
    world.comments(LONG)
    return world.step_runs()


def ends(world: World, run: Run) -> Run:
    """The run as it ended, wherever its repository is now."""
    return world.until(lambda: _ended(world, run))


def _ended(world: World, run: Run) -> Run | None:
    found = world.ledger.runs.get(run.id)
    return found if found is not None and found.state.final and world.shown(run.id) else None


def test_a_run_follows_its_repository_to_a_new_name(world: World) -> None:
    """Check run, comment and pull request are made under the new name."""
    world.comments("/agent run `sleep 4 && echo new > new.txt`")
    begun = world.step_runs()

    renamed = world.stage.driver.renames(f"{world.repo.partition('/')[2]}-renamed", repo=world.repo)
    run = ends(world, begun)

    assert run.state is RunState.SUCCEEDED
    assert str(run.target.place.repo) == renamed
    (check,) = world.stage.driver.sees_check_runs(repo=renamed)
    assert check["conclusion"] == "success"
    assert run.pull is not None
    assert run.pull.number in [each["number"] for each in world.stage.driver.sees_pulls(repo=renamed)]


@pytest.mark.parametrize("asked_on", ["pull request", "issue"])
def test_a_run_begins_before_the_news_of_a_new_name(world: World, asked_on: str) -> None:
    """The last look before a box is opened gives hands the name of now; the news may come late."""
    on = world.opens_issue() if asked_on == "issue" else 1
    world.stage.driver.disturbs_hooks("drop", event="repository")
    with world.paused("hands"):
        world.comments("/agent run `cat shop/prices.py`", on=on)
        begun = world.run_begins()
        world.stage.driver.renames(f"{world.repo.partition('/')[2]}-late", repo=world.repo)

    assert ends(world, begun).state is RunState.SUCCEEDED


def test_a_repository_that_goes_to_another_owner_leaves_its_runs_behind(world: World) -> None:
    """They end, and the App that is not installed there says nothing more."""
    run = long_run(world)
    world.stage.driver.adds_account("newcorp", kind="Organization")

    renamed = world.stage.driver.transfers("newcorp", repo=world.repo)
    ended = ends(world, run)

    assert ended.state is RunState.CANCELLED
    assert "I cannot reach" in ended.reason
    (check,) = world.stage.driver.sees_check_runs(repo=renamed)
    assert check["status"] == "in_progress"  # nobody may change it any more


def test_where_the_app_is_installed_at_the_new_owner_too_the_end_is_shown(world: World) -> None:
    """The runs end, because others decide there; their check runs say so."""
    run = long_run(world)
    other = alone(world)

    renamed = world.stage.driver.transfers(other.owner, install=True, repo=world.repo)
    ended = ends(world, run)

    assert ended.state is RunState.CANCELLED
    assert ended.reason == f"The repository has another owner now: it is {renamed}."
    (check,) = world.stage.driver.sees_check_runs(repo=renamed)
    assert check["conclusion"] == "cancelled"


def test_archiving_a_repository_ends_its_runs(world: World) -> None:
    """Nothing can be written there any more."""
    run = long_run(world)

    world.stage.driver.archives(repo=world.repo)

    assert (ends(world, run).state, ends(world, run).reason) == (
        RunState.CANCELLED,
        "The repository was archived.",
    )


def uninstalls(world: World) -> None:
    world.stage.driver.uninstalls(world.owner)


def suspends(world: World) -> None:
    world.stage.driver.suspends(world.owner)


def takes_the_repository(world: World) -> None:
    world.stage.driver.removes_repository(repo=world.repo)


def deletes_the_repository(world: World) -> None:
    world.stage.driver.deletes_repository(repo=world.repo)


@pytest.mark.parametrize("act", [uninstalls, suspends, takes_the_repository, deletes_the_repository])
def test_where_the_app_may_not_be_any_more_nothing_runs(world: World, act: Callable[[World], None]) -> None:
    """Its open runs end within moments, and nothing is owed there."""
    place = alone(world)
    run = long_run(place)

    act(place)
    ended = ends(place, run)

    assert ended.state is RunState.CANCELLED
    assert ended.reason.startswith(f"I cannot reach {place.repo} any more")
    assert place.until(lambda: not place.left(run))


def unsuspends(world: World) -> None:
    world.stage.driver.unsuspends(world.owner)


def installs(world: World) -> None:
    world.stage.driver.installs(repo=world.repo)


def returns_the_repository(world: World) -> None:
    world.stage.driver.returns_repository(repo=world.repo)


@pytest.mark.parametrize(
    ("leaves", "comes_back"),
    [
        (uninstalls, installs),
        (suspends, unsuspends),
        (takes_the_repository, returns_the_repository),
    ],
)
def test_where_the_app_comes_back_the_end_is_shown_at_last(
    world: World, leaves: Callable[[World], None], comes_back: Callable[[World], None]
) -> None:
    """No check run stays `in_progress` because the App was away when its run ended."""
    place = alone(world)
    run = long_run(place)
    leaves(place)
    ends(place, run)

    comes_back(place)

    assert place.until(lambda: place.check(run)["conclusion"] == "cancelled")
    assert place.until(lambda: "cancelled" in place.said()[0])
    assert ends(place, run)


def test_where_the_app_comes_to_the_new_owner_the_end_is_shown_at_last(world: World) -> None:
    """A repository that was transferred to where the App was not installed yet is remembered by its id."""
    run = long_run(world)
    world.stage.driver.adds_account("latecorp", kind="Organization")
    renamed = world.stage.driver.transfers("latecorp", repo=world.repo)
    ends(world, run)

    world.stage.driver.installs(repo=renamed)

    assert world.until(
        lambda: (
            [each["conclusion"] for each in world.stage.driver.sees_check_runs(repo=renamed)] == ["cancelled"]
        )
    )


def test_taking_one_repository_from_the_app_leaves_the_others_alone(world: World) -> None:
    """Runs in other repositories of the account go on."""
    world.comments(SHORT)
    run = world.step_runs()
    other = new_world(world.stage, world.ledger)

    takes_the_repository(other)

    assert ends(world, run).state is RunState.SUCCEEDED
