"""Who may do what: the whole table of roles and verbs, and how a refusal sounds."""

from __future__ import annotations

import pytest

from bot.actions import ACTIONS
from bot.policy import Denial, Grant, permit
from bot.ports import Role
from bot.rules import Rules
from bot.verbs import VERBS
from tests.decisions.plans import WILL


@pytest.mark.parametrize("verb", ["plan", "status", "config", "help"])
@pytest.mark.parametrize("role", ["read", "triage", "write", "maintain", "admin"])
def test_whoever_reads_may_ask_what_changes_nothing(verb: str, role: str) -> None:
    """`plan`, `status`, `config` and `help` run nothing, and need the role `read`."""
    assert isinstance(permit(VERBS[verb], WILL, Role(role), Rules()), Grant)


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        ("none", False),
        ("read", False),
        ("triage", False),
        ("write", True),
        ("maintain", True),
        ("admin", True),
    ],
)
def test_run_needs_write(role: str, allowed: bool) -> None:
    """Whoever may push may run; triage is not enough."""
    assert isinstance(permit(VERBS["run"], WILL, Role(role), Rules()), Grant) is allowed


@pytest.mark.parametrize("verb", list(VERBS))
def test_a_stranger_may_do_nothing(verb: str) -> None:
    """Without a role in the repository, every verb is refused."""
    assert isinstance(permit(VERBS[verb], WILL, Role.NONE, Rules()), Denial)


@pytest.mark.parametrize("verb", list(VERBS))
def test_a_role_that_could_not_be_read_denies(verb: str) -> None:
    """When GitHub does not say, the answer is no, and says why."""
    verdict = permit(VERBS[verb], WILL, None, Rules())

    assert isinstance(verdict, Denial)
    assert verdict.reason.startswith("GitHub did not tell me which role you have")


def test_rules_raise_what_a_verb_needs_and_never_lower_it() -> None:
    """A repository may ask for more than a verb does, not for less."""
    raised = Rules(needs={"run": Role.MAINTAIN, "help": Role.WRITE})
    lowered = Rules(needs={"run": Role.READ})

    assert isinstance(permit(VERBS["run"], WILL, Role.WRITE, raised), Denial)
    assert isinstance(permit(VERBS["help"], WILL, Role.TRIAGE, raised), Denial)
    assert isinstance(permit(VERBS["run"], WILL, Role.READ, lowered), Denial)


def test_a_denial_is_one_kind_sentence() -> None:
    """It names the verb, the role that is needed and the one there is; nothing of the command is in it."""
    verdict = permit(VERBS["run"], WILL, Role.TRIAGE, Rules())

    assert verdict == Denial(
        "Sorry, I cannot do this for you: `run` needs the role `write` or higher in this repository, and "
        "yours is "
        "`triage`. Someone who has it can ask me instead."
    )


def test_a_grant_carries_what_a_plan_may_hold() -> None:
    """Verbs that make plans are granted the action types, others none."""
    run = permit(VERBS["run"], WILL, Role.WRITE, Rules())
    status = permit(VERBS["status"], WILL, Role.WRITE, Rules())

    assert run == Grant(
        WILL, Role.WRITE, "run", frozenset(ACTIONS), "has the role `write`, and `run` needs `write`"
    )
    assert isinstance(status, Grant)
    assert status.actions == frozenset()
