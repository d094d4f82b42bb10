"""Rules about how things stand: CI, reviews and locks, looked at when a run is to begin."""

from __future__ import annotations

import pytest

from bot.runs import RunState
from playground.seeds import FEATURE
from tests.world import World

pytestmark = [pytest.mark.docker, pytest.mark.redis, pytest.mark.slow]

GREEN_ONLY = "policy: {rules: [{name: green only, when: {ci: [red, unknown]}, then: deny}]}\n"
REVIEWED = "policy: {rules: [{name: reviewed, when: {reviews_below: 1}, then: deny}]}\n"
UNLOCKED = "policy: {rules: [{name: hands off, when: {locked: true}, then: deny}]}\n"

INSIDE = "policy: {rules: [{name: release team, when: {outside_teams: [TEAM]}, then: deny}]}\n"
TWO_EYES = """\
policy:
  rules:
  - {name: release team, when: {action: [run_command]}, then: approval, approval: {role: write, team: TEAM}}
"""

PRODUCTION = """\
/agent run
```yaml
environment: production
actions: [{action_type: run_command, parameters: {command: "true"}}]
```
"""


def test_a_rule_about_ci_holds_until_it_is_green(world: World) -> None:
    """A commit without checks is not green; with good ones the run begins."""
    world.configures(GREEN_ONLY)
    world.comments("/agent run `true`")
    assert "The rule `green only` of the repository's policy denies it." in world.answers()

    world.stage.driver.foreign_check_run("lint", ref=FEATURE, repo=world.repo)
    world.stage.driver.sets_status("success", ref=FEATURE, repo=world.repo)
    world.comments("/agent run `true`", by="maint-mia")

    assert world.run_ends().state is RunState.SUCCEEDED


def test_a_red_status_keeps_a_run_from_beginning(world: World) -> None:
    """Also beside a green check."""
    world.configures(GREEN_ONLY)
    world.stage.driver.foreign_check_run("lint", ref=FEATURE, repo=world.repo)
    world.stage.driver.sets_status("failure", ref=FEATURE, repo=world.repo)

    world.comments("/agent run `true`")

    assert "green only" in world.answers()
    assert world.runs() == []


def test_only_approvals_of_people_who_may_write_count(world: World) -> None:
    """On a public repository anybody may approve; a push takes the approval of the commit before it away."""
    world.configures(REVIEWED)
    world.stage.driver.reviews_pull(by="reader-rita", repo=world.repo)
    world.comments("/agent run `true`")
    assert "reviewed" in world.answers()

    world.stage.driver.reviews_pull(by="maint-mia", repo=world.repo)
    world.comments("/agent run `true`", by="maint-mia")
    assert world.run_ends().state is RunState.SUCCEEDED

    world.pushes({"more.txt": "more\n"})
    world.comments("/agent run `echo more`")
    world.answers(2)
    assert len(world.runs()) == 1


def test_a_lock_of_somebody_else_can_deny(world: World) -> None:
    """Where waiting for it is not wanted. Whoever holds it begins."""
    world.configures(UNLOCKED)
    world.comments("/agent lock production --reason release", by="maint-mia")
    world.answers(1)

    world.comments(PRODUCTION)
    assert "hands off" in world.answers(2)

    world.comments(PRODUCTION, by="maint-mia")
    assert world.run_ends().state is RunState.SUCCEEDED


def test_a_rule_about_a_team_asks_who_is_in_it(world: World) -> None:
    """A name says nothing: GitHub is asked at each command."""
    team = f"{world.owner}/inside-{world.repo.rpartition('-')[2]}"
    world.configures(INSIDE.replace("TEAM", team))
    world.comments("/agent run `true`")
    assert "release team" in world.answers()

    world.stage.driver.joins_team("writer-will", team)
    world.comments("/agent run `true`")

    assert world.run_ends().state is RunState.SUCCEEDED


def test_an_approval_of_a_team_is_one_of_its_members(world: World) -> None:
    """The role alone is not enough, and the check run says for whom it waits."""
    team = f"{world.owner}/eyes-{world.repo.rpartition('-')[2]}"
    world.configures(TWO_EYES.replace("TEAM", team))
    world.comments("/agent run `true`")
    run = world.run_begins()
    world.until(lambda: [each for each in world.checks() if each["conclusion"] == "action_required"])
    assert f"or higher in the team `{team}`" in world.check(run)["output"]["summary"]

    world.comments(f"/agent approve {run.id}", by="maint-mia")
    assert (
        "needs the approval of somebody in a team"
        in world.until(
            lambda: [said for said in world.said() if "in a team" in said and "GitHub does not say" in said]
        )[0]
    )
    world.stage.driver.joins_team("owner-olga", team)
    world.comments(f"/agent approve {run.id}", by="owner-olga")

    assert world.run_ends().state is RunState.SUCCEEDED
