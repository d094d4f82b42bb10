"""Puts a case or a question to a model as the desk does: the same context, prompt and checks."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from bot.actions import ACTIONS
from bot.errors import AgentError, Hiccup
from bot.ids import Login, Person
from bot.limits import Limits
from bot.planning.answers import Cannot, plan_answer
from bot.planning.context import show
from bot.planning.gathering import gather, named_files
from bot.planning.guarding import without_secrets
from bot.planning.model import Told
from bot.planning.proposing import Asking, answer, propose
from bot.plans.build import build
from bot.policy import Grant
from bot.ports import Completion, Model, Prompt, Role
from evals.grading import Answer, NoAnswer, lacks
from evals.grounding import lacks_ground
from evals.model import Case, Posed, Question
from evals.repository import HEAD, MAIN, PLACE, CaseRepository, talk

PATIENCE = 2  # times that a provider who has too much to do is waited for
LONGEST_WAIT_S = 60.0

_GRANT = Grant(Person(1, Login("author")), Role.WRITE, "run", frozenset(ACTIONS), "is a case")


@dataclass(frozen=True)
class Result:
    """What became of a case or a question. `lacks` is empty when the answer is good."""

    case: Posed
    lacks: tuple[str, ...]
    calls: tuple[Completion, ...]

    @property
    def good(self) -> bool:
        return not self.lacks

    @property
    def tokens(self) -> int:
        return sum(call.input_tokens + call.output_tokens for call in self.calls)

    @property
    def cost_usd(self) -> float | None:
        """None where nobody knows the price."""
        costs = [call.cost_usd for call in self.calls if call.cost_usd is not None]
        return sum(costs) if len(costs) == len(self.calls) else None

    @property
    def seconds(self) -> float:
        return sum(call.seconds for call in self.calls)


def put(posed: Case | Question, model: Model) -> Result:
    patient = _Patient(model)
    wrong = _of_plan(posed, patient) if isinstance(posed, Case) else _of_words(posed, patient)
    return Result(posed, wrong, tuple(patient.calls))


def _of_plan(case: Case, model: _Patient) -> tuple[str, ...]:
    return lacks(case.expect, _plan(case, model))


def _plan(case: Case, model: _Patient) -> Answer:
    asking = Asking(model.complete, model.model.tokens)
    shown = show(without_secrets(gather(CaseRepository(case), talk(case))), asking.count)
    try:
        return propose(asking, case.words, shown, lambda draft: build(draft, _GRANT, limits=Limits())).plan
    except AgentError as error:
        return _cannot(model) or NoAnswer(str(error))


def _of_words(question: Question, model: _Patient) -> tuple[str, ...]:
    repository, asking = CaseRepository(question), Asking(model.complete, model.model.tokens)
    sha = MAIN if question.pull is None else HEAD
    named = named_files(repository, PLACE, sha, question.words)
    shown = show(without_secrets((*named, *gather(repository, talk(question)))), asking.count)
    try:
        told: Told | NoAnswer = answer(asking, question.words, shown)
    except AgentError as error:
        told = NoAnswer(str(error))
    return lacks_ground(question.expect, told, shown)


def _cannot(model: _Patient) -> Cannot | None:
    """What the model said last, if that was why there is no plan."""
    if not model.calls:
        return None
    try:
        said = plan_answer(model.calls[-1].text)
    except AgentError:
        return None
    return said if isinstance(said, Cannot) else None


@dataclass
class _Patient:
    """A model that is given a moment when it needs one. It remembers what was answered."""

    model: Model
    calls: list[Completion] = field(default_factory=list)

    def complete(self, prompt: Prompt) -> Completion:
        for _ in range(PATIENCE):
            try:
                return self._heard(prompt)
            except Hiccup as hiccup:
                time.sleep(min(hiccup.retry_after_s, LONGEST_WAIT_S))
        return self._heard(prompt)

    def _heard(self, prompt: Prompt) -> Completion:
        self.calls.append(self.model.complete(prompt))
        return self.calls[-1]
