"""`workflows`: what GitHub itself runs is changed by people only."""

from __future__ import annotations

from bot.policy.conditions import shown
from bot.policy.facts import Facts, StepFacts
from bot.policy.globs import matches
from bot.policy.model import Policy
from bot.policy.rules_builtin.model import BuiltIn
from bot.policy.verdict import Effect, Ruling

WORKFLOWS_ARE = ".github/workflows/**"


def _says(_: Facts, step: StepFacts, __: Policy) -> Ruling | None:
    found = tuple(path for path in step.paths or () if matches(path, WORKFLOWS_ARE))
    if not found:
        return None
    return Ruling(
        "workflows",
        Effect.DENY,
        "Workflows under `.github/workflows` are changed by people only.",
        {"paths": shown(found)},
    )


WORKFLOWS = BuiltIn("workflows", "Nothing under `.github/workflows` is ever written.", _says)
