"""A run that needs an approval, as people meet it: parked, then approved, denied or void."""

from __future__ import annotations

import pytest

from bot.runs import Run, RunState
from playground.seeds import FEATURE
from tests.world import Json, World

pytestmark = [pytest.mark.docker, pytest.mark.redis, pytest.mark.slow]

OWNERS = """\
/agent run
```yaml
- {action_type: write_file, parameters: {path: CODEOWNERS, content: '* @acme'}}
```"""
TWO_ADMINS = """\
policy:
  rules:
  - name: owners are chosen with care
    when: {paths: ["CODEOWNERS"]}
    then: approval
    approval: {role: maintain, count: 2}
    because: Whoever owns the code decides what becomes of it.
"""


def parked(world: World, text: str = OWNERS, *, by: str = "writer-will") -> Run:
    """A run that waits for an approval, shown as such."""
    world.comments(text, by=by)
    run = world.run_begins()
    world.until(lambda: [each for each in world.checks() if each["conclusion"] == "action_required"])
    return run


def answers_with(world: World, text: str) -> str:
    """The bot's first comment that has this in it."""
    return world.until(lambda: [said for said in world.said() if text in said])[0]


def now(world: World, run: Run) -> Run:
    found = world.ledger.runs.get(run.id)
    assert found is not None
    return found


def test_a_parked_run_costs_nothing_and_says_for_whom_it_waits(world: World) -> None:
    """No box, no worker; the check run has the step, the digest, and three buttons."""
    run = parked(world)

    check = world.check(run)
    assert (check["status"], check["conclusion"]) == ("completed", "action_required")
    assert check["output"]["title"] == "Waiting for approval of 1 of 2 steps."
    assert '"path": "CODEOWNERS"' in check["output"]["summary"]
    assert run.plan.digest[:12] in check["output"]["summary"]
    assert [each["identifier"] for each in check["actions"]] == ["approve", "deny", "explain"]
    assert (now(world, run).state, world.left(run)) == (RunState.PARKED, [])


def test_somebody_else_approves_and_it_runs_once(world: World) -> None:
    """The pull request is made, and the audit knows requester, approver, plan and commits."""
    run = parked(world)

    world.comments(f"/agent approve {run.id} {run.plan.digest[:12]}", by="maint-mia")

    ended = world.run_ends()
    assert (ended.state, ended.pull is not None) == (RunState.SUCCEEDED, True)
    assert world.check(run)["conclusion"] == "success"
    (line,) = [
        each for each in world.ledger.audit.lines() if each.run == run.id and each.verdict == "approved"
    ]
    assert (line.actor, line.digest) == ("maint-mia", run.plan.digest)
    assert (line.details["requester"], line.details["head"]) == ("writer-will", run.target.sha)


def test_a_button_approves_too(world: World) -> None:
    """Whoever may, by one press."""
    run = parked(world)

    world.stage.driver.presses("approve", check_run=world.check(run)["id"], by="maint-mia")

    assert world.run_ends().state is RunState.SUCCEEDED


def test_a_button_answers_only_for_the_commit_of_its_check_run(world: World) -> None:
    """Whoever presses late approves nothing that was pushed since they looked."""
    run = parked(world)
    old = world.check(run)
    world.stage.driver.presses("explain", check_run=old["id"], by="maint-mia")
    press = pressed(world, old)
    world.pushes({"more.txt": "more"})
    world.until(lambda: now(world, run).state.final)
    world.comments(f"/agent retry {run.id} --head")
    world.until(lambda: now(world, run).attempt == 2)

    for button in ("approve", "deny"):
        world.sends({**press, "requested_action": {"identifier": button}}, event="check_run")
        answers_with(world, "is at another commit by now than this check run")

    assert now(world, run).state is RunState.PARKED


def pressed(world: World, check: Json) -> Json:
    """What GitHub told of a press on this check run."""

    def told() -> list[Json]:
        sent = [each["request"]["payload"] for each in world.stage.driver.sees_deliveries()]
        return [
            each
            for each in sent
            if each.get("action") == "requested_action" and each["check_run"]["id"] == check["id"]
        ]

    return world.until(told)[0]


@pytest.mark.parametrize("by", ["writer-will", "writer-wendy", "reader-rita"])
def test_who_may_not_approves_nothing(world: World, by: str) -> None:
    """Not who asked for it, nor a lower role than the rule wants, by comment or by button."""
    run = parked(world)

    world.comments(f"/agent approve {run.id}", by=by)
    world.is_quiet()
    world.stage.driver.presses("approve", check_run=world.check(run)["id"], by=by)
    world.is_quiet()

    assert now(world, run).state is RunState.PARKED


def test_the_owner_who_asked_cannot_approve(world: World) -> None:
    """Nobody approves what they have asked for themselves, whatever their role is."""
    run = parked(world, by="owner-olga")

    world.comments(f"/agent approve {run.id}", by="owner-olga")

    answers_with(world, "You asked for run")
    assert now(world, run).state is RunState.PARKED


def test_another_digest_approves_nothing(world: World) -> None:
    """What was not looked at is not approved."""
    run = parked(world)

    world.comments(f"/agent approve {run.id} {'0' * 12}", by="maint-mia")

    answers_with(world, "That is not the digest of run")
    assert now(world, run).state is RunState.PARKED


def test_a_mention_or_an_edit_approves_nothing(world: World) -> None:
    """Only a new comment whose line it is counts."""
    run = parked(world)

    world.comments(f"LGTM, but don't `/agent approve {run.id}` yet", by="maint-mia")
    world.comments(f"> /agent approve {run.id}\nno", by="maint-mia")
    old = world.comments("I will look at it.", by="maint-mia")
    world.edits(old, f"/agent approve {run.id}", by="maint-mia")

    answers_with(world, "An edited comment approves nothing.")
    assert now(world, run).state is RunState.PARKED


def test_two_people_have_to_approve_where_the_rule_says_so(world: World) -> None:
    """The first one is noted, the second one opens it."""
    world.configures(TWO_ADMINS)
    run = parked(world)

    world.comments(f"/agent approve {run.id}", by="maint-mia")
    answers_with(world, "still waits for 1 approval more")
    assert now(world, run).state is RunState.PARKED
    world.comments(f"/agent approve {run.id}", by="owner-olga")

    assert world.run_ends().state is RunState.SUCCEEDED


def test_a_denied_run_says_by_whom_and_why(world: World) -> None:
    """And an approval that comes later is told so."""
    run = parked(world)

    world.comments(f"/agent deny {run.id} not before Monday", by="maint-mia")
    ended = world.run_ends()
    world.comments(f"/agent approve {run.id}", by="owner-olga")

    assert (ended.state, ended.reason) == (RunState.DENIED, "Denied by maint-mia: not before Monday.")
    assert world.check(run)["conclusion"] == "action_required"
    answers_with(world, "was denied by `maint-mia` already")
    assert world.pulls() == [1]


def test_a_push_voids_it(world: World) -> None:
    """Nobody can approve code that is not there any more; it ends, and says so."""
    run = parked(world)

    world.pushes({"more.txt": "more\n"}, branch=FEATURE)

    ended = world.run_ends()
    assert ended.state is RunState.EXPIRED
    assert "newer commit" in world.check(run)["output"]["title"]
    world.comments(f"/agent approve {run.id}", by="maint-mia")
    answers_with(world, "has changed since it was shown")


def test_another_policy_voids_it(world: World) -> None:
    """An approval is for what the policy asked for at the time."""
    run = parked(world)
    world.configures(TWO_ADMINS)

    world.comments(f"/agent approve {run.id}", by="maint-mia")

    assert world.run_ends().state is RunState.EXPIRED


def test_an_approver_who_loses_the_role_has_approved_nothing(world: World) -> None:
    """Roles are asked for again before the first container starts."""
    run = parked(world)
    with world.paused("hands"):
        world.comments(f"/agent approve {run.id}", by="maint-mia")
        world.until(lambda: now(world, run).state is RunState.QUEUED)
        world.gives("maint-mia", "read")

    ended = world.run_ends()

    assert ended.state is RunState.DENIED
    assert "does not have the right to any more" in ended.reason
    assert world.pulls() == [1]


def test_a_push_between_approval_and_start_voids_it(world: World) -> None:
    """What was approved is not what would run."""
    run = parked(world)
    with world.paused("hands"):
        world.comments(f"/agent approve {run.id}", by="maint-mia")
        world.until(lambda: now(world, run).state is RunState.QUEUED)
        world.pushes({"more.txt": "more\n"}, branch=FEATURE)
        world.stage.driver.until_hooks_are_idle()

    ended = world.run_ends()

    assert ended.state is RunState.DENIED
    assert "newer commit" in ended.reason


def test_a_parked_run_is_cancelled_like_any_other(world: World) -> None:
    """By who asked for it, at once."""
    run = parked(world)

    world.comments("/agent cancel")

    assert world.run_ends().state is RunState.CANCELLED
    assert world.check(run)["conclusion"] == "cancelled"


def test_it_is_explained_by_its_button(world: World) -> None:
    """Which rule parked which step, and what it looked at."""
    run = parked(world)

    world.stage.driver.presses("explain", check_run=world.check(run)["id"], by="reader-rita")

    told = answers_with(world, "needed an approval, step by step")
    assert "`protected`" in told
