"""A GitHub with bad moments, before and after the effect: everything is there once, and true in the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import pytest

from bot.ledger import Ledger
from bot.processes.stage import Stage
from bot.runs import Run, RunState
from tests.faults.promises import assert_made_at_most_once, assert_told_once
from tests.world import Json, World, new_world

pytestmark = [pytest.mark.docker, pytest.mark.redis, pytest.mark.slow]

SPOKEN = (  # every request by which something is shown
    ("POST", "/check-runs"),
    ("PATCH", "/check-runs/*"),
    ("POST", "/issues/*/comments"),
    ("PATCH", "/issues/comments/*"),
    ("POST", "/issues/comments/*/reactions"),
)
MADE = (("POST", "/git/refs"), ("POST", "/pulls"))  # what can be there twice; the others are named by content
LIMIT_WAIT_S = 60.0  # what GitHub asks for where it names no time
LIMITED = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."

Strike = Callable[[World, str, str], object]


@dataclass(frozen=True)
class Trouble:
    """`strike` makes one request of a kind go wrong; `hits` are the requests that meet it, once each."""

    strike: Strike
    hits: tuple[tuple[str, str], ...] = SPOKEN


def answers(status: int, message: str = "No.", *, times: int = 1, wait_s: int | None = None) -> Strike:
    """GitHub does nothing and answers so."""
    headers = {} if wait_s is None else {"retry-after": str(wait_s)}

    def strike(world: World, method: str, path: str) -> None:
        detail = {"status": status, "message": message, "times": times, "headers": headers}
        world.stage.driver.act("add_fault", kind="status", path=path, method=method, **detail)

    return strike


TROUBLES: Mapping[str, Trouble] = {
    "500 before": Trouble(answers(500), SPOKEN + MADE),
    "502 after": Trouble(lambda w, m, p: w.stage.driver.fails_after(p, method=m), SPOKEN + MADE),
    "reset before": Trouble(lambda w, m, p: w.stage.driver.cuts(p, method=m), SPOKEN + MADE),
    "reset after": Trouble(lambda w, m, p: w.stage.driver.cuts_after(p, method=m), SPOKEN + MADE),
    "slow": Trouble(lambda w, m, p: w.stage.driver.slows(p, method=m, seconds=2), SPOKEN + MADE),
    "401": Trouble(answers(401, "Bad credentials", times=2)),  # on a fresh token too
    "403": Trouble(answers(403, "Resource not accessible by integration")),
    "404": Trouble(answers(404, "Not Found")),
    "410": Trouble(answers(410, "Gone")),
    "422": Trouble(answers(422, "Validation Failed")),
    "limited": Trouble(answers(403, LIMITED, wait_s=1)),
}


@dataclass(frozen=True)
class Ended:
    world: World
    run: Run


@pytest.fixture(scope="module")
def ends(the_stage: Stage, the_ledger: Ledger) -> Mapping[str, Ended]:
    """One run for each trouble, all of them side by side."""
    worlds = {name: new_world(the_stage, the_ledger) for name in TROUBLES}
    for name, world in worlds.items():
        for method, path in TROUBLES[name].hits:
            TROUBLES[name].strike(world, method, f"/repos/{world.repo}{path}")
        world.comments("/agent run `date > made.txt && sleep 2`")
    deadline = time.monotonic() + 150
    while not all(shown(world) for world in worlds.values()) and time.monotonic() < deadline:
        time.sleep(0.2)
    return {name: Ended(world, world.runs()[0]) for name, world in worlds.items()}


def shown(world: World) -> bool:
    return [run for run in world.runs() if run.state.final and world.shown(run.id)] != []


@pytest.mark.timeout(300)
@pytest.mark.parametrize("trouble", TROUBLES)
def test_whatever_github_does_the_run_is_told_once(ends: Mapping[str, Ended], trouble: str) -> None:
    """Each way of showing and making something goes wrong once, and everything is there once and true."""
    world, run = ends[trouble].world, ends[trouble].run

    assert run.state is RunState.SUCCEEDED, run.reason
    assert run.pull is not None
    assert_told_once(world, run)


def test_a_limit_that_names_no_time_is_a_minute_of_silence(world: World) -> None:
    """GitHub is left alone for a minute; the run that goes meanwhile is told truly afterwards."""
    elsewhere = replace(world.owned_by("limited"), patience_s=2 * LIMIT_WAIT_S)
    answers(403, LIMITED)(elsewhere, "PATCH", f"/repos/{elsewhere.repo}/check-runs/*")
    began = time.monotonic()
    elsewhere.comments("/agent run `date > made.txt && sleep 2`")

    run = elsewhere.run_ends()

    assert time.monotonic() - began >= LIMIT_WAIT_S
    assert run.state is RunState.SUCCEEDED
    assert_told_once(elsewhere, run)


@pytest.mark.parametrize(
    ("path", "status"), [("/git/trees", 422), ("/git/refs", 403), ("/pulls", 403), ("/pulls", 422)]
)
def test_a_refused_pull_request_is_told(world: World, path: str, status: int) -> None:
    """What GitHub refuses when a pull request is made ends the run as failed, with what GitHub said."""
    strike = answers(status, "A rule says no.")
    strike(world, "POST", f"/repos/{world.repo}{path}")
    world.comments("/agent run `date > made.txt`")

    run = world.run_ends()

    assert run.state is RunState.FAILED
    assert "A rule says no" in run.reason
    assert_told_once(world, run)


def status_comment(world: World) -> Json:
    found = world.stage.driver.sees_comments(repo=world.repo)
    return next(each for each in found if each["author"] == "devops-agent[bot]")


def test_a_status_comment_that_somebody_deletes_stays_deleted(world: World) -> None:
    """The check run has all there is to tell."""
    world.comments("/agent run `sleep 3`")
    world.step_runs()
    world.answers(1)
    world.stage.driver.deletes(status_comment(world)["id"], by="owner-olga")

    run = world.run_ends()

    assert world.check(run)["conclusion"] == "success"
    assert world.said() == []


def test_a_command_that_was_deleted_is_still_answered_once(world: World) -> None:
    """Whoever deletes the comment that asked takes the place of our reaction away, and nothing else."""
    with world.paused("desk"):
        asked = world.comments("/agent run `ls`")
        world.stage.driver.until_hooks_are_idle()
        world.stage.driver.deletes(asked["id"])

    run = world.run_ends()

    assert world.check(run)["status"] == "completed"
    assert_made_at_most_once(world, run)


def test_a_token_that_is_not_given_at_once_is_asked_for_again(world: World) -> None:
    """A GitHub that gives no token for a moment costs that moment and nothing else."""
    elsewhere = world.owned_by("stammering")
    elsewhere.stage.driver.fails("/app/installations/*/access_tokens", status=502, times=6)
    elsewhere.comments("/agent run `ls`")

    run = elsewhere.run_ends()

    assert run.state is RunState.SUCCEEDED
    assert_told_once(elsewhere, run)
