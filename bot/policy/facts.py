"""What a decision rests on: who, where, what, and how things stand. None is "not known": it helps nobody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import ValidationError

from bot.actions import ACTIONS
from bot.actions.model import Risk, Where
from bot.ids import Login, Repo
from bot.plans.model import Action, Plan
from bot.ports import Ci, Role


class Came(StrEnum):
    """How a request came to us."""

    GITHUB = "github"
    SLACK = "slack"
    API = "api"
    ALERT = "alert"


class Reader(StrEnum):
    """What turned the request into a plan."""

    DATA = "data"  # written out by its author: a block of YAML, JSON or shell, a list of commands
    WORDS = "words"  # plain sentences, by fixed rules
    MODEL = "model"


class Provenance(StrEnum):
    """Where the value of a parameter came from."""

    AUTHOR = "author"  # of the command
    CONFIGURATION = "configuration"
    MODEL = "model"
    UNTRUSTED = "untrusted"  # files, logs, titles, other people's words, labels of alerts


Provenances = tuple[Mapping[str, Provenance], ...] | None  # by step, then by parameter; None: nobody knows


@dataclass(frozen=True)
class Who:
    """Who acts. `app_id` is that of a bot; `requester_id` is the person in whose name it is done."""

    login: Login | None = None
    id: int | None = None
    role: Role | None = None  # live
    is_bot: bool | None = None
    app_id: int | None = None
    requester_id: int | None = None
    came: Came | None = None
    teams: Mapping[str, bool] = field(default_factory=dict)  # whether they are in it; the others: not known


@dataclass(frozen=True)
class Site:
    """Where it happens. `branch` is the one that gets the changes, `base` the one they are to end in."""

    repository: Repo | None = None
    branch: str | None = None
    base: str | None = None
    from_fork: bool | None = None
    draft: bool | None = None
    pull_author_id: int | None = None
    default_branch: str | None = None


@dataclass(frozen=True)
class State:
    """How things stand. Whether they are frozen follows from `at` and the policy's windows."""

    at: datetime | None = None
    ci: Ci | None = None
    reviews: int | None = None  # people who may write and approve the commit as it is
    lock_holder: str | None = None  # "" is nobody


@dataclass(frozen=True)
class Facts:
    """All of it, for one plan. `verb` is the one that begins it.

    `granted` are the action types that code gave the verb; `provenance` is by step, then by parameter.
    """

    who: Who = field(default_factory=Who)
    site: Site = field(default_factory=Site)
    state: State = field(default_factory=State)
    verb: str | None = None
    granted: frozenset[str] | None = None
    reader: Reader | None = None
    provenance: Sequence[Mapping[str, Provenance]] | None = None


@dataclass(frozen=True)
class StepFacts:
    """One step. Of an unknown type, or with parameters that cannot be read, it has no `risk`.

    `paths` is None when they are not known before. What is `confined` stays in the box until the desk
    publishes it. `chosen` are the parameters that somebody gave a value, with where it came from.
    """

    index: int
    action_type: str
    risk: Risk | None = None
    confined: bool = False
    paths: tuple[str, ...] | None = None
    chosen: Mapping[str, Provenance | None] = field(default_factory=dict)


def step_facts(facts: Facts, plan: Plan) -> tuple[StepFacts, ...]:
    """What is known of each step, read from the plan itself."""
    return tuple(_step(facts, index, action) for index, action in enumerate(plan.actions))


def reader_of(plan: Plan) -> Reader | None:
    return _READERS.get(plan.reader)


def by_its_author(plan: Plan) -> Provenances:
    """The provenance of a plan that no model made: all of it is the author's. None for any other."""
    if reader_of(plan) not in (Reader.DATA, Reader.WORDS):
        return None
    return tuple(dict.fromkeys(action.parameters, Provenance.AUTHOR) for action in plan.actions)


_READERS = {
    "yaml": Reader.DATA,
    "json": Reader.DATA,
    "shell": Reader.DATA,
    "list": Reader.DATA,
    "words": Reader.WORDS,
    "undo": Reader.WORDS,
    "model": Reader.MODEL,
}


def _step(facts: Facts, index: int, action: Action) -> StepFacts:
    told = facts.provenance[index] if facts.provenance and index < len(facts.provenance) else {}
    kind = ACTIONS.get(action.action_type)
    chosen = {
        name: told.get(name) for name, value in action.parameters.items() if not _usual(kind, name, value)
    }
    if kind is None:
        return StepFacts(index, action.action_type, chosen=chosen)
    try:
        read = kind.read(dict(action.parameters))
    except ValidationError:
        return StepFacts(index, action.action_type, chosen=chosen)
    return StepFacts(
        index=index,
        action_type=action.action_type,
        risk=kind.risk,
        confined=kind.where is Where.BOX,
        paths=None if kind.touches is None else tuple(kind.touches(read)),
        chosen=chosen,
    )


def _usual(kind: Any, name: str, value: Any) -> bool:
    """Nobody chose a parameter that has the value which it has of itself."""
    if kind is None or name not in kind.parameters.model_fields:
        return False
    default = kind.parameters.model_fields[name].get_default(call_default_factory=True)
    return type(default) is type(value) and bool(default == value)
