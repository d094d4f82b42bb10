"""`freeze`: in a freeze window nothing changes unless someone who maintains the repository agrees."""

from __future__ import annotations

from bot.actions.model import Risk
from bot.policy.conditions import shown
from bot.policy.facts import Facts, StepFacts
from bot.policy.model import Policy
from bot.policy.rules_builtin.model import BuiltIn
from bot.policy.verdict import Approval, Effect, Ruling
from bot.ports import Role


def _says(facts: Facts, step: StepFacts, policy: Policy) -> Ruling | None:
    at = facts.state.at
    if step.risk is Risk.READ or not policy.freeze:
        return None
    if at is not None and not any(window.holds(at) for window in policy.freeze):
        return None
    return Ruling(
        "freeze",
        Effect.APPROVAL,
        "Changes are frozen at this time of the week.",
        {"at": shown(at and at.isoformat()), "risk": shown(step.risk)},
        approval=Approval(Role.MAINTAIN),
    )


FREEZE = BuiltIn(
    "freeze", "In a window of `policy.freeze`, everything that writes needs approval by `maintain`.", _says
)
