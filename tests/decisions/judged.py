"""What the tests of the policy share: an ordinary request, and plans of single steps."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from bot.actions import ACTIONS
from bot.actions.model import Risk
from bot.ids import Login, Repo
from bot.plans.model import Action, Plan
from bot.policy import (
    Came,
    Facts,
    Judgement,
    Layer,
    Origin,
    Policy,
    Reader,
    Site,
    State,
    StepFacts,
    Who,
    by_its_author,
    judge,
)
from bot.policy.written import ServerPolicyPart
from bot.ports import Ci, Role
from bot.rules import effective, server_file

FRIDAY = datetime(2026, 11, 27, 17, 0, tzinfo=UTC)
MONDAY = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)

WILL = Who(
    Login("writer-will"),
    3,
    Role.WRITE,
    is_bot=False,
    requester_id=3,
    came=Came.GITHUB,
    teams={"acme/shop": True, "acme/release": False},
)
MIA = Who(Login("maint-mia"), 2, Role.MAINTAIN, is_bot=False, requester_id=2, came=Came.GITHUB)
HERE = Site(Repo("acme", "widgets"), "feature", "main", from_fork=False, draft=False, default_branch="main")
ORDINARY = Facts(
    who=WILL,
    site=HERE,
    state=State(at=MONDAY, ci=Ci.GREEN, reviews=1, lock_holder=""),
    verb="run",
    granted=frozenset(ACTIONS),
    reader=Reader.DATA,
)


def step(action_type: str, **parameters: Any) -> Action:
    return Action(action_type, parameters, f"Do {action_type}")


RUN = step("run_command", command="pytest -q")
WRITE = step("write_file", path="docs/a.md", content="hello")
DELETE = step("delete_path", path="old.txt")
PUBLISH = step("open_pull_request")
USUAL = Plan((RUN, WRITE, DELETE, step("create_directory", path="a/b"), PUBLISH))

PATCH = "diff --git a/{0} b/{0}\n--- a/{0}\n+++ b/{0}\n@@ -1 +1 @@\n-a\n+b\n"


def judged(facts: Facts, *actions: Action, policy: Policy | None = None) -> Judgement:
    """A plan of these steps, all written by its author unless the facts say otherwise."""
    plan = Plan(actions)
    if facts.provenance is None and facts.reader is Reader.DATA:
        facts = replace(facts, provenance=by_its_author(plan))
    return judge(facts, plan, policy or Policy())


def repository(text: str, *, organisation: str = "", server: str = "") -> Policy:
    """The policy that these files make, each the text of its section `policy`."""
    rules = effective(
        f"policy: {text}".encode(),
        f"policy: {organisation}".encode() if organisation else None,
        server_file(f"policy: {server}".encode() if server else b""),
    )
    return rules.policy


LISTED = Policy((Layer(Origin.SERVER, ServerPolicyPart(bots=[29110])),), frozenset({29110}))
TERMINATE = StepFacts(0, "terminate_instance", Risk.DESTRUCTIVE)
