"""What the tests of the quality set share: the cases, and answers to them as a model writes them."""

from __future__ import annotations

import json
from collections.abc import Sequence

from evals.model import Case, Posed, Question, Said, Sample
from evals.reading import read_cases, read_questions
from tests.decisions.prose import answer_text, cannot_text

CASES = read_cases()
QUESTIONS = read_questions()
WITH_A_PLAN = [case for case in CASES if case.sample]
CANNOT = cannot_text("This cannot be planned.", "What do you mean?")


def named(case: Posed) -> str:
    return case.id


def case_of(ident: str) -> Case:
    return next(case for case in CASES if case.id == ident)


def good_answer(case: Case) -> str:
    """The sample of a case, or why there is none."""
    return _planned(case, case.sample) if case.sample else CANNOT


def question_of(ident: str) -> Question:
    return next(question for question in QUESTIONS if question.id == ident)


def in_words(said: Said) -> str:
    """An answer to a question as a model writes it."""
    cited = [each.rpartition(":") for each in said.cites]
    return answer_text(said.answer, *((path, int(line)) for path, _, line in cited))


def ruined_answer(case: Case, step: Sample) -> str:
    """The same, after a step that should not be in it."""
    return _planned(case, (step, *case.sample))


def _planned(case: Case, samples: Sequence[Sample]) -> str:
    steps = [
        {
            "action_type": step.action,
            "parameters": step.parameters,
            "step_description": "A step",
            "depends_on": step.after,
        }
        for step in samples
    ]
    return json.dumps({"plan": {"actions": steps, "error_handling": case.sample_errors}, "cannot": None})
