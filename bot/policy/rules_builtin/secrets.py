"""`secrets`: a step is given a secret only with the yes of somebody who maintains, and never for a fork."""

from __future__ import annotations

from bot.policy.conditions import shown
from bot.policy.facts import Facts, StepFacts
from bot.policy.model import Policy
from bot.policy.rules_builtin.model import BuiltIn
from bot.policy.verdict import Approval, Effect, Ruling
from bot.ports import Role


def _says(facts: Facts, step: StepFacts, _: Policy) -> Ruling | None:
    if "secrets" not in step.chosen:
        return None
    who = facts.who
    told = {"from fork": shown(facts.site.from_fork), "role": shown(who.role)}
    if facts.site.from_fork is not False:
        return Ruling("secrets", Effect.DENY, "The code of a fork is never given a secret.", told)
    if who.is_bot is False and who.role is not None and who.role.at_least(Role.MAINTAIN):
        return None
    return Ruling(
        "secrets",
        Effect.APPROVAL,
        "A step is to be given a secret, so someone who maintains the repository has to agree.",
        told,
        approval=Approval(Role.MAINTAIN),
    )


SECRETS = BuiltIn(
    "secrets",
    "A step that is given a secret needs someone with `maintain` who asks for it or approves it; for the "
    "code of a fork it is denied.",
    _says,
)
