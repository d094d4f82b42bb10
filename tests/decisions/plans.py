"""What the tests of plans share: a person with a grant, and a way from words to a plan."""

from __future__ import annotations

from bot.actions import ACTIONS
from bot.ids import InstallationId, Login, Person, Place, Repo
from bot.limits import Limits
from bot.plans.build import build
from bot.plans.model import Plan
from bot.plans.readers import read
from bot.policy import Grant
from bot.ports import Role

WILL = Person(3, Login("writer-will"))
WIDGETS = Place(InstallationId(11), Repo("acme", "widgets"), 1001)
GRANT = Grant(WILL, Role.WRITE, "run", frozenset(ACTIONS), "has the role `write`")


def plan(words: str, text: str = "", *, limits: Limits | None = None) -> Plan:
    return build(read(words, text), GRANT, limits=limits or Limits())


def yaml_plan(body: str, *, limits: Limits | None = None) -> Plan:
    return plan("", f"```yaml\n{body}\n```", limits=limits)


def steps(made: Plan) -> list[tuple[str, object]]:
    """Type and main parameter of each step, without the implied pull request."""
    return [
        (action.action_type, action.parameters.get("command", action.parameters.get("path")))
        for action in made.actions
        if action.action_type != "open_pull_request"
    ]
