"""`granted`: what code has granted to a verb is allowed, and nothing that a text asks for is added to it."""

from __future__ import annotations

from bot.policy.conditions import shown
from bot.policy.facts import Facts, StepFacts
from bot.policy.model import Policy
from bot.policy.rules_builtin.model import BuiltIn
from bot.policy.verdict import Effect, Ruling
from bot.reports.safe import inline

BEGINS = frozenset({"run", "retry"})  # the verbs that begin something


def _says(facts: Facts, step: StepFacts, _: Policy) -> Ruling | None:
    named = inline(step.action_type, limit=60)
    inputs = {"verb": shown(facts.verb), "action": step.action_type}
    if step.risk is None:
        return Ruling("granted", Effect.DENY, f"I do not know {named} with these parameters.", inputs)
    if step.action_type not in (facts.granted or frozenset()):
        return Ruling(
            "granted", Effect.DENY, f"{named} is not among the actions that may be used here.", inputs
        )
    if facts.verb not in BEGINS:
        return None
    return Ruling("granted", Effect.ALLOW, f"{named} is among the actions that may be used here.", inputs)


GRANTED = BuiltIn(
    "granted", "The actions that the verb was granted are allowed, all others are denied.", _says
)
