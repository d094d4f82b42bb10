"""`spam`: the same again and again, or a crowd that is called."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from bot.guardrails.model import Hit, Passage

_SAME_LINES, _SAME_WORDS, _PEOPLE = 20, 30, 5
_WORDY = re.compile(r"[^\W\d_]{2}")
_MENTION = re.compile(
    r"(?<![\w@/.`-])@([A-Za-z0-9](?:[A-Za-z0-9-]{0,38})(?:/[A-Za-z0-9._-]{1,60})?)(?![\w@.(])"
)
_CODE = re.compile(r"`[^`\n]*`")


def look(passage: Passage) -> Iterator[Hit]:
    spoken = list(_spoken(passage.text))
    yield from _same_lines(spoken)
    yield from _same_words(spoken)
    yield from _crowd(spoken)


def _spoken(text: str) -> Iterator[tuple[int, str]]:
    """The lines that are neither empty nor code, numbered."""
    fenced = False
    for number, line in enumerate(text.split("\n"), start=1):
        if line.lstrip().startswith(("```", "~~~")):
            fenced = not fenced
        elif line and not fenced:
            yield number, line


def _same_lines(spoken: list[tuple[int, str]]) -> Iterator[Hit]:
    told = [(number, line.strip()) for number, line in spoken if _WORDY.search(line)]
    for line, times in Counter(line for _, line in told).most_common(1):
        if times >= _SAME_LINES and times * 2 >= len(told):
            first = next(number for number, each in told if each == line)
            yield Hit(first, f"It says the same line {times:,} times.")


def _same_words(spoken: list[tuple[int, str]]) -> Iterator[Hit]:
    for number, line in spoken:
        times, last = 0, ""
        for word in line.split():
            times = times + 1 if word == last else 1
            last = word
            if times >= _SAME_WORDS and _WORDY.search(word):
                yield Hit(number, f"It says the same word {_SAME_WORDS} times and more.")
                break


def _crowd(spoken: list[tuple[int, str]]) -> Iterator[Hit]:
    people: set[str] = set()
    for number, line in spoken:
        people |= {name.lower() for name in _MENTION.findall(_CODE.sub("", line))} if "@" in line else set()
        if len(people) > _PEOPLE:
            yield Hit(number, f"It calls more than {_PEOPLE} people or teams.")
            return
