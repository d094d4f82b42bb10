"""`forks`: the code of a fork runs when someone who maintains the repository asks for that very commit."""

from __future__ import annotations

from bot.policy.conditions import shown
from bot.policy.facts import Facts, StepFacts
from bot.policy.model import Policy
from bot.policy.rules_builtin.model import BuiltIn
from bot.policy.verdict import Approval, Effect, Ruling
from bot.ports import Role


def _says(facts: Facts, _: StepFacts, __: Policy) -> Ruling | None:
    who = facts.who
    if facts.site.from_fork is False:
        return None
    if who.is_bot is False and who.role is not None and who.role.at_least(Role.MAINTAIN):
        return None  # a run is pinned to the commit that was the newest when it was asked for
    return Ruling(
        "forks",
        Effect.APPROVAL,
        "This code comes from a fork, so someone who maintains the repository has to look at this commit "
        "first.",
        {"from fork": shown(facts.site.from_fork), "role": shown(who.role)},
        approval=Approval(Role.MAINTAIN),
    )


FORKS = BuiltIn(
    "forks", "A fork's commit needs someone with `maintain` who asks for its run or approves it.", _says
)
