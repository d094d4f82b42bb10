"""`destructive`: what cannot be taken back needs a second person."""

from __future__ import annotations

from bot.actions.model import Risk
from bot.policy.conditions import shown
from bot.policy.facts import Facts, StepFacts
from bot.policy.model import Policy
from bot.policy.rules_builtin.model import BuiltIn
from bot.policy.verdict import Approval, Effect, Ruling
from bot.ports import Role
from bot.reports.safe import inline


def _says(_: Facts, step: StepFacts, __: Policy) -> Ruling | None:
    if step.risk in (Risk.READ, Risk.WRITE):
        return None
    if step.confined:
        return None  # what is deleted in a box is a line of a diff, which somebody reads before it counts
    return Ruling(
        "destructive",
        Effect.APPROVAL,
        f"{inline(step.action_type, limit=60)} cannot be taken back, so a second person has to agree.",
        {"action": step.action_type, "risk": shown(step.risk)},
        approval=Approval(Role.MAINTAIN),
    )


DESTRUCTIVE = BuiltIn(
    "destructive",
    "A destructive step needs approval by another person. Deleting a file in the box is not one: it can be "
    "read in the pull request.",
    _says,
)
