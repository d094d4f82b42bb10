"""What a guardrail looks at and what it tells. It never decides: a finding is for whoever does."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

_BREAK = re.compile("\n")


class Kind(StrEnum):
    """What a text is. OURS is what we, or a model for us, are about to say."""

    TITLE = "title"
    COMMENT = "comment"
    DESCRIPTION = "description"
    FILE = "file"
    DIFF = "diff"
    LOG = "log"
    OURS = "ours"


class Side(StrEnum):
    HEARD = "heard"  # untrusted text, before anybody or any model reads it
    SAID = "said"  # text that we are about to say or publish


@dataclass(frozen=True)
class Passage:
    """A text, what people call the place that it stands in, and to which hosts its links may lead."""

    kind: Kind
    text: str
    where: str
    hosts: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Hit:
    """What a check saw. `line` counts from one; zero is the whole text."""

    line: int
    sentence: str


@dataclass(frozen=True)
class Finding:
    """What is told: by which check, what is so, and where. The sentence may quote untrusted text."""

    check: str
    sentence: str
    where: str


@dataclass(frozen=True)
class Guard:
    """One check: on which sides it looks, what it finds, and how. `look` is lazy, pure and linear."""

    sides: frozenset[Side]
    summary: str
    look: Callable[[Passage], Iterator[Hit]]


def lines_in(text: str) -> Callable[[int], int]:
    """On which line a place of the text is. Counting anew for each place would take quadratic time."""
    breaks = [found.start() for found in _BREAK.finditer(text)]
    return lambda at: bisect_left(breaks, at) + 1
