"""`bots`: a bot counts only if the server lists the very id of its App; what it is called is never asked."""

from __future__ import annotations

from bot.policy.conditions import shown
from bot.policy.facts import Facts, StepFacts
from bot.policy.model import Policy
from bot.policy.rules_builtin.model import BuiltIn
from bot.policy.verdict import Effect, Ruling


def _says(facts: Facts, _: StepFacts, policy: Policy) -> Ruling | None:
    who = facts.who
    if who.is_bot is False or (who.is_bot and who.app_id in policy.bots):
        return None
    return Ruling(
        "bots",
        Effect.DENY,
        "Only people may ask here, and the bots of Apps whose id the server lists.",
        {"bot": shown(who.is_bot), "app id": shown(who.app_id)},
    )


BOTS = BuiltIn("bots", "A bot is denied unless the server lists the id of its App.", _says)
