"""Patterns for paths, branches and repositories: `*` stays within a name, `**` is any number of folders."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from bot.judging import folded

ANY_DEPTH = "**"


def matches(text: str, glob: str) -> bool:
    """As the most forgiving file system would compare. Time grows with the lengths, never explodes."""
    pattern = [part if part == ANY_DEPTH else folded(part) for part in glob.split("/")]
    reached = _skipping({0}, pattern)
    for part in text.split("/"):
        reached = _skipping(_step(folded(part), reached, pattern), pattern)
    return len(pattern) in reached


def matches_any(texts: Iterable[str], globs: Sequence[str]) -> bool:
    return any(matches(text, glob) for text in texts for glob in globs)


def _step(part: str, reached: set[int], pattern: Sequence[str]) -> set[int]:
    return {
        place if pattern[place] == ANY_DEPTH else place + 1
        for place in reached
        if place < len(pattern) and (pattern[place] == ANY_DEPTH or fnmatchcase(part, pattern[place]))
    }


def _skipping(reached: set[int], pattern: Sequence[str]) -> set[int]:
    """`**` may be no folder at all."""
    found = set(reached)
    for place in range(len(pattern)):
        if place in found and pattern[place] == ANY_DEPTH:
            found.add(place + 1)
    return found
