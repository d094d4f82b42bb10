"""Whether an answer is what was expected, and in sentences what it lacks. Pure."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.actions import ACTIONS
from bot.planning.answers import Cannot
from bot.plans.build import OPEN_PULL_REQUEST
from bot.plans.model import Action, Plan
from evals.model import CannotBe, Expected, Pattern


@dataclass(frozen=True)
class NoAnswer:
    """Nothing came that could be used, and why."""

    why: str


Answer = Plan | Cannot | NoAnswer


def lacks(expected: Expected, answer: Answer) -> tuple[str, ...]:
    """What is wrong with it; nothing when it is good."""
    match answer:
        case NoAnswer(why=why):
            return (why,)
        case Cannot():
            return tuple(_of_cannot(expected, answer))
        case Plan():
            return tuple(_of_plan(expected, answer))


def _of_cannot(expected: Expected, answer: Cannot) -> Iterator[str]:
    if expected.cannot is CannotBe.NEVER:
        yield f"It said that this cannot be planned: {answer.reason}"
    elif expected.asks and not answer.question.strip():
        yield "It asked nothing back."


def _of_plan(expected: Expected, plan: Plan) -> Iterator[str]:
    if expected.cannot is CannotBe.REQUIRED:
        yield "It made a plan of what cannot be planned."
        return
    yield from _steps(expected, plan)
    for pattern in expected.must:
        if not _matching(plan, pattern):
            yield f"No step has {pattern}."
    for pattern in expected.must_not:
        for index in _matching(plan, pattern):
            yield f"Step {index + 1} must not be there: {pattern}."
    for line in expected.order:
        if not _in_line(plan, line):
            yield f"Not in this order: {', then '.join(map(str, line))}."
    for group in expected.parallel:
        for one, other in itertools.combinations(group, 2):
            if not _independent(plan, one, other):
                yield f"One waits for the other: {one}; {other}."
    if expected.error_handling not in (None, plan.error_handling):
        yield f"After a failure it should {expected.error_handling}."


def _steps(expected: Expected, plan: Plan) -> Iterator[str]:
    count = sum(action.action_type != OPEN_PULL_REQUEST for action in plan.actions)
    if count < expected.steps.min:
        yield f"It has {count} steps, at least {expected.steps.min} are needed."
    if count > expected.steps.max:
        yield f"It has {count} steps, {expected.steps.max} are enough."


# --- which steps are meant ------------------------------------------------------------------------------


def _matching(plan: Plan, pattern: Pattern) -> list[int]:
    return [index for index, action in enumerate(plan.actions) if _fits(action, pattern)]


def _fits(action: Action, pattern: Pattern) -> bool:
    command = _command(action)
    texts = [_text(value) for value in action.parameters.values()]
    return (
        pattern.action in (None, action.action_type)
        and _found(pattern.command, [command])
        and _found(pattern.path, [*_paths(action), command])
        and _found(pattern.text, texts)
    )


def _found(regex: str | None, texts: Sequence[str]) -> bool:
    return regex is None or any(_search(regex, text) for text in texts if text)


def _search(regex: str, text: str) -> re.Match[str] | None:
    return re.search(regex, text, re.IGNORECASE | re.MULTILINE)


def _command(action: Action) -> str:
    """What it runs; "" for a step that runs nothing."""
    return _text(action.parameters.get("command") or "")


def _text(value: object) -> str:
    if isinstance(value, list):
        return " ".join(map(str, value))
    return value if isinstance(value, str) else json.dumps(value)


def _paths(action: Action) -> list[str]:
    kind = ACTIONS[action.action_type]
    return [] if kind.touches is None else list(kind.touches(kind.read(action.parameters)))


# --- what comes before what -----------------------------------------------------------------------------


def _in_line(plan: Plan, line: Sequence[Pattern]) -> bool:
    """Whether some steps match the patterns in turn, each of them surely after the one before."""
    reached = _matching(plan, line[0])
    for before, pattern in itertools.pairwise(line):
        reached = [
            index
            for index in _matching(plan, pattern)
            if any(
                _waits(plan, index, earlier)
                or (index == earlier and _within(plan.actions[index], before, pattern))
                for earlier in reached
            )
        ]
    return bool(reached)


def _within(action: Action, before: Pattern, after: Pattern) -> bool:
    """Whether one command does both, the first one first."""
    if before.command is None or after.command is None:
        return False
    command = _command(action)
    first = _search(before.command, command)
    return first is not None and _search(after.command, command[first.end() :]) is not None


def _independent(plan: Plan, one: Pattern, other: Pattern) -> bool:
    pairs = itertools.product(_matching(plan, one), _matching(plan, other))
    return any(
        first != second and not _waits(plan, first, second) and not _waits(plan, second, first)
        for first, second in pairs
    )


def _waits(plan: Plan, index: int, earlier: int) -> bool:
    """Whether a step begins only when an earlier one has ended."""
    if plan.in_order:
        return earlier < index
    needed = plan.actions[index].depends_on or ()
    return earlier in needed or any(_waits(plan, each, earlier) for each in needed)
