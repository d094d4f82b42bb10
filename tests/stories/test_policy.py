"""The policy as people meet it: what is not begun, what it says, and what a rule of their own adds."""

from __future__ import annotations

import pytest

from bot.runs import RunState
from tests.world import World

pytestmark = [pytest.mark.docker, pytest.mark.redis, pytest.mark.slow]

DOCS = """\
policy:
  rules:
  - name: docs are reviewed
    when: {paths: ["docs/**"]}
    then: approval
    approval: {role: admin, count: 2}
    because: The documents are what customers read.
"""
NO_SHELL = "policy: {rules: [{name: no shell, when: {action: [run_command]}, then: deny}]}\n"


def parked(world: World, *, number: int = 1) -> str:
    """What the check run of a parked run says in full."""
    run = world.run_begins(number=number)
    world.until(lambda: [each for each in world.checks() if each["conclusion"] == "action_required"])
    assert world.runs()[number - 1].state is RunState.PARKED
    return str(world.check(run)["output"]["summary"])


def test_a_fork_waits_for_a_maintainer(world: World) -> None:
    """A writer's run is parked until one has looked at it; a maintainer's own command is a look."""
    number = world.opens_pull_from_a_fork()
    world.comments("/agent run `true`", on=number)

    assert "with the role `maintain` or higher, and not who asked for it" in parked(world)

    world.comments("/agent run `true`", on=number, by="maint-mia")
    assert world.run_ends(number=2).state is RunState.SUCCEEDED


def test_a_rule_of_the_repository_holds(world: World) -> None:
    """Its sentence is shown, with whose approval it wants, and the audit has the name of the rule."""
    world.configures(DOCS)

    world.comments(
        "/agent run\n```yaml\n- {action_type: write_file, parameters: {path: docs/a, content: b}}\n```"
    )

    said = parked(world)
    assert "Step 1 needs the approval of 2 people with the role `admin` or higher" in said
    assert "The documents are what customers read." in said
    (line,) = [each for each in world.ledger.audit.lines() if "docs are reviewed" in each.reason]
    assert line.verdict == "needs approval"


def test_a_rule_about_the_base_of_a_pull_request_holds(world: World) -> None:
    """The branch that the changes are to end in is asked for, when a rule wants to know it."""
    world.configures("policy: {rules: [{name: main is closed, when: {branches: [main]}, then: deny}]}\n")

    world.comments("/agent run `true`")

    assert "The rule `main is closed` of the repository's policy denies it." in world.answers()
    assert world.runs() == []


def test_a_retry_is_judged_like_a_run(world: World) -> None:
    """What a maintainer has run on a fork, a writer does not do again without one."""
    number = world.opens_pull_from_a_fork()
    world.comments("/agent run `false`", on=number, by="maint-mia")
    run = world.run_ends()

    world.comments("/agent retry", on=number)

    world.until(lambda: [each for each in world.runs() if each.attempt == 2])
    world.until(lambda: world.check(run)["conclusion"] == "action_required")
    assert world.runs()[0].state is RunState.PARKED


def test_a_rule_that_comes_before_the_start_counts(world: World) -> None:
    """The policy is asked again right before the container: no box, and the check run says why."""
    with world.paused("hands"):
        world.comments("/agent run `ls`")
        world.run_begins()
        world.configures(NO_SHELL)

    run = world.run_ends()

    assert run.state is RunState.DENIED
    assert "(Rule `no shell`.)" in world.check(run)["output"]["title"]


def test_a_protected_path_that_a_command_changes_is_not_published(world: World) -> None:
    """No step of the plan asked for it; the changes are kept on the run's page."""
    world.comments("/agent run `mkdir -p docs && echo '* @me' > docs/CODEOWNERS`")

    run = world.run_ends()

    assert run.state is RunState.FAILED
    assert run.pull is None
    assert "`docs/CODEOWNERS` is protected here. (Rule `protected`.)" in run.reason
    assert world.pulls() == [1]


def test_a_shown_plan_says_who_would_have_to_approve(world: World) -> None:
    """Before anybody runs it, and without parking anything."""
    world.comments(
        "/agent plan\n```yaml\n- {action_type: write_file, parameters: {path: CODEOWNERS, content: b}}\n```"
    )

    said = world.answers()
    assert "Before it runs:\n\n- Step 1 needs the approval of 1 person with the role `maintain`" in said
    assert world.runs() == []
