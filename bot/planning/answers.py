"""Reads what a model answered: exactly one JSON object of the shape that was asked for, or it is invalid.

Nothing in it is expanded, completed or repaired: a text is that text, whatever it looks like.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.actions import ACTIONS
from bot.errors import PlanError, UserError
from bot.planning.model import Citation
from bot.planning.schema import optional
from bot.plans.model import Draft
from bot.plans.readers.data import draft, json_value
from bot.reports.safe import inline

MAX_ANSWER = 256 * 1024  # characters; a plan of a hundred large steps is shorter
READER = "model"

_FENCED = re.compile(r"\s*```(?:json)?[ \t]*\n(?P<inside>(?:(?!```).)*)\n```\s*\Z", re.DOTALL)


class TooLong(UserError):
    """An answer of a size that no second try makes useful."""


@dataclass(frozen=True)
class Cannot:
    """The model says that nothing can be planned. Its words are untrusted."""

    reason: str
    question: str


@dataclass(frozen=True)
class Answered:
    """A model's answer to a question, untrusted, with whatever it cites."""

    text: str
    citations: tuple[Citation, ...]


def plan_answer(text: str) -> Draft | Cannot:
    """The draft or the reason why there is none. PlanError says what is wrong with the answer."""
    value = _object(text, (), ("plan", "cannot"))
    plan: Any = value.get("plan")
    cannot: Any = value.get("cannot")
    if (plan is None) == (cannot is None):
        raise PlanError("Exactly one of `plan` and `cannot` must be null.")
    if cannot is not None:
        _refuse_other_keys(cannot, "cannot", ("reason",), ("question",))
        return Cannot(_text(cannot["reason"], "reason"), _text(cannot.get("question") or "", "question"))
    _refuse_other_keys(plan, "plan", ("actions",), ("error_handling",))
    if not isinstance(plan["actions"], list):
        raise PlanError("`actions` must be a list.")
    return draft({**plan, "actions": [_without_nulls(each) for each in plan["actions"]]}, reader=READER)


def question_answer(text: str) -> Answered:
    """PlanError says what is wrong with the answer."""
    value = _object(text, ("answer", "citations"))
    if not isinstance(value["citations"], list):
        raise PlanError("`citations` must be a list.")
    return Answered(_text(value["answer"], "answer"), tuple(map(_citation, value["citations"])))


def question_words(text: str) -> str:
    """What an answer says, although it has not the form that was asked for."""
    try:
        value = json_value(_bare(text))
    except PlanError:
        return text
    said = value.get("answer") if isinstance(value, dict) else None
    return said if isinstance(said, str) else text


def _bare(text: str) -> str:
    """Without a fence around all of it."""
    fenced = _FENCED.match(text)
    return fenced["inside"] if fenced else text


def _object(text: str, needed: tuple[str, ...], besides: tuple[str, ...] = ()) -> dict[str, Any]:
    if len(text) > MAX_ANSWER:
        raise TooLong("The answer is too long.")
    value = json_value(_bare(text))
    _refuse_other_keys(value, "answer", needed, besides)
    return dict(value)


def _refuse_other_keys(value: Any, name: str, needed: tuple[str, ...], besides: tuple[str, ...] = ()) -> None:
    """All that are needed, and none but those and the ones `besides`, which may be null or missing."""
    listed = ", ".join(f"`{key}`" for key in (*needed, *besides))
    if not isinstance(value, dict):
        raise PlanError(f"The {name} must be one JSON object with the keys {listed}.")
    for key in value:
        if key not in (*needed, *besides):
            raise PlanError(f"The {name} has a key {inline(key, limit=60)}; its keys are {listed}.")
    for key in needed:
        if key not in value:
            raise PlanError(f"The {name} lacks the key `{key}`; its keys are {listed}.")


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str) or any("\ud800" <= character <= "\udfff" for character in value):
        raise PlanError(f"`{name}` must be text.")
    return value


def _without_nulls(step: Any) -> Any:
    """The step without the keys that were only written because all have to be."""
    if not isinstance(step, dict):
        return step
    parameters, kind = step.get("parameters"), ACTIONS.get(str(step.get("action_type")))
    if not isinstance(parameters, dict) or kind is None:
        return step
    return {**step, "parameters": _kept(parameters, optional(kind))}


def _kept(parameters: Mapping[str, Any], may_be_null: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if value is not None or name not in may_be_null}


def _citation(value: Any) -> Citation:
    _refuse_other_keys(value, "citation", ("path", "line"))
    line = value["line"]
    if isinstance(line, bool) or not isinstance(line, int):
        raise PlanError("`line` must be a whole number.")
    return Citation(_text(value["path"], "path"), line)
