"""What a built-in rule is: a row of the table in `bot/policy/rules_builtin/__init__.py`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.policy.facts import Facts, StepFacts
from bot.policy.model import Policy
from bot.policy.verdict import Ruling


@dataclass(frozen=True)
class BuiltIn:
    """`says` looks at one step under the facts of its plan; None when the rule has nothing to say of it."""

    name: str
    summary: str  # one sentence, for the documents
    says: Callable[[Facts, StepFacts, Policy], Ruling | None]
