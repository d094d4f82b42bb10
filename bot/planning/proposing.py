"""Asks a model for a plan, and sends an answer that cannot be used back with its error, twice at most."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from bot.errors import BudgetExhausted, PlanError, UserError
from bot.planning.answers import Cannot, TooLong, plan_answer, question_answer
from bot.planning.context import Count, Shown
from bot.planning.guarding import looked_over, warnings
from bot.planning.model import Citation, Made, Planned, Told
from bot.planning.prompts import again, ask_prompt, plan_prompt
from bot.planning.provenance import origins
from bot.planning.remaining import Unfit, of_a_plan, of_an_answer
from bot.plans.model import Draft, Plan
from bot.ports import Completion, Prompt
from bot.reports import planned as told

CORRECTIONS = 2

Complete = Callable[[Prompt], Completion]
T = TypeVar("T")


@dataclass(frozen=True)
class Asking:
    """A way to a model for one command: each call of `complete` is one that counts."""

    complete: Complete
    count: Count


def propose(asking: Asking, words: str, shown: Sequence[Shown], check: Callable[[Draft], Plan]) -> Planned:
    """A plan that `check` has accepted. UserError when the model makes none, PlanError when one is unfit."""

    def read(text: str) -> Plan | Cannot:
        answer = plan_answer(text)
        return answer if isinstance(answer, Cannot) else check(answer)

    plan, calls = _valid(asking, plan_prompt(words, shown), _Wanted(read, PlanError, of_a_plan))
    if isinstance(plan, Cannot):
        raise UserError(told.cannot(plan.reason, plan.question))
    made = Made(
        model=calls[-1].model,
        calls=len(calls),
        tokens=_tokens(calls),
        cost_usd=_cost(calls),
        origins=origins(plan, words, shown),
        warnings=warnings(shown),
    )
    return Planned(plan, made)


def answer(asking: Asking, words: str, shown: Sequence[Shown]) -> Told:
    """What the model says, with those of its citations that it was really shown."""
    wanted = _Wanted(question_answer, UserError, of_an_answer)
    said, calls = _valid(asking, ask_prompt(words, shown), wanted)
    cited = tuple(dict.fromkeys(said.citations))
    there = tuple(each for each in cited if _was_shown(each, shown))
    return looked_over(
        Told(said.text, there, len(cited) - len(there), calls[-1].model, _tokens(calls), _cost(calls))
    )


@dataclass(frozen=True)
class _Wanted(Generic[T]):
    """How an answer is read, what it means when none can be, and what is shown of those when money ends."""

    read: Callable[[str], T]
    refusal: type[UserError]
    left: Callable[[Sequence[Unfit]], str]


def _valid(asking: Asking, prompt: Prompt, wanted: _Wanted[T]) -> tuple[T, list[Completion]]:
    """The first answer that can be read, and all calls it took."""
    calls: list[Completion] = []
    unfit: list[Unfit] = []
    asked = prompt
    while True:
        calls.append(_asked(asking, asked, unfit, wanted))
        text = calls[-1].text
        try:
            return wanted.read(text), calls
        except TooLong as error:
            raise wanted.refusal(told.answer_too_long()) from error
        except PlanError as error:
            if len(calls) > CORRECTIONS:
                raise wanted.refusal(told.no_valid_answer(len(calls), str(error))) from error
            unfit.append(Unfit(text, str(error)))
            asked = again(prompt, text, str(error), asking.count)


def _asked(asking: Asking, prompt: Prompt, unfit: Sequence[Unfit], wanted: _Wanted[T]) -> Completion:
    """BudgetExhausted says what there is by then."""
    try:
        return asking.complete(prompt)
    except BudgetExhausted as end:
        if not unfit:
            raise
        raise BudgetExhausted(f"{end}\n\n{wanted.left(unfit)}", budget=end.budget) from end


def _was_shown(cited: Citation, shown: Sequence[Shown]) -> bool:
    return any(each.part.path == cited.path and 1 <= cited.line <= each.lines for each in shown)


def _tokens(calls: Sequence[Completion]) -> int:
    return sum(call.input_tokens + call.output_tokens for call in calls)


def _cost(calls: Sequence[Completion]) -> float | None:
    costs = [call.cost_usd for call in calls]
    return None if None in costs else sum(cost for cost in costs if cost is not None)
