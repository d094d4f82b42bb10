"""Where each parameter of a plan came from, found by looking for its very text: a pure function."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

from bot.planning.context import Shown, Trust
from bot.plans.model import Plan
from bot.policy import Provenance

PAIR = 12  # characters of two words side by side: fewer, like `python -m`, stand in every text
NAME = 8  # of a word that names something: a path, an address, a file

_WORD = re.compile(r"[\w./:@~+-]+")
_NAMING = re.compile(r"[./:@]")


def origins(plan: Plan, words: str, shown: Sequence[Shown]) -> tuple[Mapping[str, Provenance], ...]:
    """For each step a mapping from each parameter that says something to where it came from."""
    configuration = [each.text for each in shown if each.part.trust is Trust.CONFIGURATION]
    untrusted = [each.text for each in shown if each.part.trust is Trust.ANYBODY]
    sources = (_Source((words,)), _Source(configuration), _Source(untrusted))
    return tuple(
        {
            name: _origin(value, *sources)
            for name, value in action.parameters.items()
            if value not in (None, "", {}, False)
        }
        for action in plan.actions
    )


@dataclass(frozen=True)
class _Source:
    """Texts to look into, with their blanks made one, and once more with nothing but their words."""

    texts: Sequence[str]

    @cached_property
    def squeezed(self) -> str:
        return _squeezed("\n".join(self.texts))

    @cached_property
    def words(self) -> str:
        return _words("\n".join(self.texts))


def _origin(value: Any, author: _Source, configuration: _Source, untrusted: _Source) -> Provenance:
    """All of it from one trusted place, or else the worst that any piece of it may be.

    Pieces are looked for word by word: a model may have changed a quote, or put the text into another one.
    """
    text = _as_text(value)
    if _squeezed(text) in author.squeezed:
        return Provenance.AUTHOR
    if _squeezed(text) in configuration.squeezed:
        return Provenance.CONFIGURATION
    unknown = (each for each in _pieces(text) if each not in author.words and each not in configuration.words)
    found = _squeezed(text) in untrusted.squeezed or any(each in untrusted.words for each in unknown)
    return Provenance.UNTRUSTED if found else Provenance.MODEL


def _pieces(text: str) -> Iterator[str]:
    """Names, and pairs of words, that hardly stand in two texts by chance."""
    words = _WORD.findall(text)
    yield from (f" {word} " for word in words if len(word) >= NAME and _NAMING.search(word))
    yield from (f" {one} {two} " for one, two in pairwise(words) if len(one) + len(two) >= PAIR)


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return " ".join(value)
    return json.dumps(value)


def _squeezed(text: str) -> str:
    return " ".join(text.split())


def _words(text: str) -> str:
    return f" {' '.join(_WORD.findall(text))} "
