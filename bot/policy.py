"""Who may do what: pure decisions that give their reasons."""

from __future__ import annotations

from dataclasses import dataclass

from bot.ids import Person
from bot.ports import Role


@dataclass(frozen=True)
class Grant:
    """The right to do one verb here and now. A Plan cannot be built without one."""

    person: Person
    role: Role
    verb: str
    actions: frozenset[str]  # the action types that the plan may contain
    reason: str


@dataclass(frozen=True)
class Denial:
    """A refusal, with the sentence that the person reads."""

    reason: str
