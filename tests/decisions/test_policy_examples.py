"""Examples beside the rules: what is ordinary in them, and when one is not as expected."""

from __future__ import annotations

import pytest

from bot.ids import Repo
from bot.policy import Policy
from bot.policy.examples import ExamplePart, Given, try_out
from bot.policy.replaying import difference
from tests.decisions.judged import repository
from tests.scripted import a_run, commands

POLICY = repository(
    "{freeze: [{begins: 'fri 16:00', ends: 'mon 08:00'}], lock_files: true, "
    "rules: [{name: docs, when: {paths: ['docs/**']}, then: approval},"
    "{name: no shell, when: {action: [run_command], branches: ['release/**']}, then: deny}]}"
)


def example(given: str, expect: str, rule: str | None = None) -> ExamplePart:
    return ExamplePart.model_validate(
        {"name": "x", "given": Given.model_validate_json(given), "expect": expect, "rule": rule}, strict=False
    )


@pytest.mark.parametrize(
    ("given", "effect", "rule"),
    [
        ("{}", "allow", "granted"),
        ('{"role": "read"}', "deny", "outsiders"),
        ('{"role": "maintain", "from_fork": true}', "allow", "granted"),
        ('{"from_fork": true}', "approval", "forks"),
        ('{"action": "write_file", "path": "docs/a.md"}', "approval", "docs"),
        ('{"path": "docs/a.md"}', "approval", "docs"),
        ('{"action": "apply_patch", "path": "uv.lock"}', "approval", "protected"),
        ('{"branch": "release/1"}', "deny", "no shell"),
        ('{"at": "sun 12:00"}', "approval", "freeze"),
        ('{"at": "tue 12:00"}', "allow", "granted"),
        ('{"reader": "model", "provenance": "untrusted"}', "approval", "untrusted"),
        ('{"path": ".github/workflows/x.yml"}', "deny", "workflows"),
    ],
)
def test_an_example_says_only_what_is_special(given: str, effect: str, rule: str) -> None:
    """All else is a writer's command on a branch of their own repository, at a time that is not frozen."""
    outcome = try_out(example(given, effect, rule), POLICY)

    assert (outcome.decided.effect, outcome.decided.rule) == (effect, rule)
    assert outcome.as_expected


@pytest.mark.parametrize(("expect", "rule"), [("deny", None), ("approval", None), ("allow", "outsiders")])
def test_another_verdict_or_another_rule_is_not_as_expected(expect: str, rule: str | None) -> None:
    """The rule counts only where the example names one."""
    assert not try_out(example("{}", expect, rule), POLICY).as_expected


def test_a_week_that_is_all_frozen_has_no_time_outside() -> None:
    """An ordinary example is frozen then, too."""
    always = repository("{freeze: [{begins: 'mon 00:00', ends: 'mon 00:00'}]}")

    assert try_out(example("{}", "approval", "freeze"), always).as_expected


def test_a_past_run_differs_when_the_policy_would_have_held_it_up() -> None:
    """By its steps or by what it changed."""
    policy = repository("{rules: [{name: docs, when: {paths: ['docs/**']}, then: approval}]}")
    run = a_run(commands("make docs"))

    found = difference(run, ["docs/a.md"], policy)

    assert found is not None
    assert found.ruling.rule == "docs"
    assert difference(run, ["src/a.py"], policy) is None


def test_what_is_built_in_is_no_difference() -> None:
    """A run of a fork was allowed to somebody whose role is not remembered."""
    run = a_run(commands("ls"), source=Repo("somebody", "shop"))

    assert difference(run, [], Policy()) is None
