"""`outsiders`: nobody begins anything who could not push the same change."""

from __future__ import annotations

from bot.policy.conditions import shown
from bot.policy.facts import Facts, StepFacts
from bot.policy.model import Policy
from bot.policy.rules_builtin.model import BuiltIn
from bot.policy.verdict import Effect, Ruling
from bot.ports import Role


def _says(facts: Facts, _: StepFacts, policy: Policy) -> Ruling | None:
    who = facts.who
    if who.is_bot and who.app_id in policy.bots:
        return None  # an App has no role; the server's list stands for it
    if who.role is not None and who.role.at_least(Role.WRITE):
        return None
    return Ruling(
        "outsiders",
        Effect.DENY,
        "Only someone with the role `write` or higher in this repository may begin anything here.",
        {"role": shown(who.role)},
    )


OUTSIDERS = BuiltIn("outsiders", "Whoever has not the role `write` or higher begins nothing.", _says)
