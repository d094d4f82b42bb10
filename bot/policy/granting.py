"""Who may use which verb: the live role against what the verb needs, with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from bot.actions import ACTIONS
from bot.ids import Person
from bot.ports import Role

# The verbs that make a plan, and so need to know which actions may be in it.
_PLANNING = frozenset({"run", "plan", "undo"})


# What a bot may ask for, once its App is listed: nothing that answers for somebody or takes something back.
FOR_BOTS = frozenset({"run", "plan", "ask", "status", "explain", "config", "locks", "help", "cancel"})


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


class NeedsRole(Protocol):
    """What policy knows of a verb: its name and the least role that may use it."""

    @property
    def name(self) -> str: ...

    @property
    def needs(self) -> Role: ...


class Raises(Protocol):
    """What policy knows of a repository's rules: the roles that they raised, by verb."""

    @property
    def needs(self) -> Mapping[str, Role]: ...


def permit(verb: NeedsRole, person: Person, role: Role | None, rules: Raises) -> Grant | Denial:
    """The verdict. `role` is the live role, or None when it could not be read, which denies."""
    needed = needed_role(verb, rules)
    if role is None:
        return Denial(
            "GitHub did not tell me which role you have in this repository, so I did nothing. "
            "Please try again in a few minutes."
        )
    if person.app_id is not None and verb.name not in FOR_BOTS:
        return Denial(f"Only people may use `{verb.name}`. Ask somebody who works here to do it.")
    if not role.at_least(needed):
        return Denial(
            f"Sorry, I cannot do this for you: `{verb.name}` needs the role `{needed}` or higher in this "
            f"repository, and {_yours(role)}. Someone who has it can ask me instead."
        )
    return Grant(
        person=person,
        role=role,
        verb=verb.name,
        actions=granted_actions(verb.name),
        reason=f"has the role `{role}`, and `{verb.name}` needs `{needed}`",
    )


def granted_actions(verb: str) -> frozenset[str]:
    """The action types that a verb may put to work, whatever any text asks for."""
    return frozenset(ACTIONS) if verb in _PLANNING else frozenset()


def needed_role(verb: NeedsRole, rules: Raises) -> Role:
    """The least role for a verb here: its own, or what the rules raise it to; never less than its own."""
    raised = rules.needs.get(verb.name, verb.needs)
    return raised if raised.at_least(verb.needs) else verb.needs


def _yours(role: Role) -> str:
    return "you have none here" if role is Role.NONE else f"yours is `{role}`"
