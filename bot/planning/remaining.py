"""What there is when a model may be asked no more: answers that could not be used, the best of them shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.errors import PlanError
from bot.planning.answers import plan_answer, question_words
from bot.planning.guarding import holds_secret
from bot.plans.model import Draft
from bot.reports import planned as told


@dataclass(frozen=True)
class Unfit:
    """An answer that could not be used, untrusted, and our own sentence that says why."""

    text: str
    error: str


def of_a_plan(answers: Sequence[Unfit]) -> str:
    """The latest answer that is a plan at all, to be mended and copied."""
    for each in reversed(answers):
        found = _draft(each.text)
        if found is not None:
            shown = told.best_draft(_as_data(found), each.error)
            return told.secret_in_answer() if holds_secret(shown) else shown
    return told.no_draft(answers[-1].error)


def of_an_answer(answers: Sequence[Unfit]) -> str:
    """The words of the latest one."""
    text = question_words(answers[-1].text)
    return told.secret_in_answer() if holds_secret(text) else told.answer_so_far(text, answers[-1].error)


def _draft(text: str) -> Draft | None:
    try:
        found = plan_answer(text)
    except PlanError:
        return None
    return found if isinstance(found, Draft) else None


def _as_data(found: Draft) -> Mapping[str, Any]:
    """As a person would write it: what the model left open is left out."""
    handling = {} if found.error_handling is None else {"error_handling": found.error_handling}
    actions = [{key: value for key, value in each.items() if value is not None} for each in found.actions]
    return {**handling, "actions": actions}
