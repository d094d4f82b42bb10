"""Whether an answer in words is a good one: what it says, and what it rests on. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bot.planning.context import Shown
from bot.planning.model import Citation, Told
from evals.grading import NoAnswer
from evals.model import Grounds


def lacks_ground(expected: Grounds, answer: Told | NoAnswer, shown: Sequence[Shown]) -> tuple[str, ...]:
    """What is wrong with it; nothing when it is good. `shown` is what it could cite."""
    if isinstance(answer, NoAnswer):
        return (answer.why,)
    return tuple(_of_told(expected, answer, [_line(cited, shown) for cited in answer.citations]))


def _of_told(expected: Grounds, told: Told, cited: Sequence[str]) -> Iterator[str]:
    for pattern in expected.says:
        if not _found(pattern, told.text):
            yield f"It does not say `{pattern}`."
    for pattern in expected.says_not:
        if _found(pattern, told.text):
            yield f"It must not say `{pattern}`."
    for pattern in expected.rests_on:
        if not any(_found(pattern, line) for line in cited):
            yield f"It rests on no line with `{pattern}`."
    if told.dropped:
        yield f"It cites lines that it was never shown: {told.dropped}."


def _line(cited: Citation, shown: Sequence[Shown]) -> str:
    """The text of a line that was shown, behind its path."""
    lines = (each.text.splitlines() for each in shown if each.part.path == cited.path)
    return next(f"{cited.path}:{text[cited.line - 1]}" for text in lines if cited.line <= len(text))


def _found(pattern: str, text: str) -> bool:
    return re.search(pattern, text, re.IGNORECASE | re.MULTILINE | re.DOTALL) is not None
