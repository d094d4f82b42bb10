"""`untrusted`: a command or a path that came out of other people's text is looked at before it is used."""

from __future__ import annotations

from bot.policy.conditions import shown
from bot.policy.facts import Facts, Provenance, StepFacts
from bot.policy.model import Policy
from bot.policy.rules_builtin.model import BuiltIn
from bot.policy.verdict import Approval, Effect, Ruling
from bot.ports import Role
from bot.reports.safe import inline

PROSE = frozenset({"title", "body", "content"})  # is read, and decides neither what is done nor where


def _says(_: Facts, step: StepFacts, __: Policy) -> Ruling | None:
    doubtful = tuple(
        name
        for name, source in step.chosen.items()
        if name not in PROSE and source in (None, Provenance.UNTRUSTED)
    )
    if not doubtful:
        return None
    named = ", ".join(inline(name, limit=40) for name in doubtful[:5])
    return Ruling(
        "untrusted",
        Effect.APPROVAL,
        f"{named} of {inline(step.action_type, limit=60)} may come from text that nobody here wrote.",
        {name: shown(step.chosen[name]) for name in doubtful[:5]},
        approval=Approval(Role.WRITE),
    )


UNTRUSTED = BuiltIn(
    "untrusted",
    "A command or path that came from untrusted text, or from nobody knows where, needs approval.",
    _says,
)
