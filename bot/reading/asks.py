"""Commands in a comment: `/agent <verb> <words>` or `@<app> <verb> <words>`, and what belongs to each."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.reading.lines import Kind, Line, scan
from bot.reading.shown import shown

MAX_ASKS = 5
MAX_JUDGED = 20  # paragraphs of one comment that a Markdown parser looks at, so that none costs much

TOO_MANY = (
    f"A comment can hold at most {MAX_ASKS} commands. I took the first {MAX_ASKS} and left the others alone; "
    "please write them in another comment."
)

_KEPT = frozenset({Kind.TEXT, Kind.INDENTED, Kind.BLANK, Kind.OPENING, Kind.FENCED, Kind.CLOSING})
_FENCE = frozenset({Kind.OPENING, Kind.FENCED, Kind.CLOSING})


@dataclass(frozen=True)
class Ask:
    """One command that somebody wrote.

    `verb` is the word after `/agent` in lower case ("" when there was none). `words` is the rest of the line.
    `text` is what follows up to the next command, fences included, quotes and hidden parts left out, without
    empty lines at its ends. `problem` is "" or a sentence why this must only be answered, not done.
    """

    verb: str
    words: str = ""
    text: str = ""
    problem: str = ""

    @property
    def essence(self) -> tuple[str, str, tuple[str, ...]]:
        """What makes two commands the same command: prose around the code may change, the code may not."""
        code = (
            line.text.rstrip()
            for line in scan(self.text)
            if line.kind in _FENCE or (line.kind in (Kind.TEXT, Kind.INDENTED) and "`" in line.text)
        )
        return self.verb, " ".join(self.words.split()), tuple(code)


def asks(text: str, *, slug: str) -> tuple[Ask, ...]:
    """The commands of a new comment, in order; were there more than five, the sixth has a `problem`."""
    return _capped(_all(text, slug))


def new_asks(text: str, previous_text: str, *, slug: str) -> tuple[Ask, ...]:
    """Of an edited comment the commands that its old text lacked; prose around one does not count."""
    known = Counter(ask.essence for ask in _all(previous_text, slug))
    fresh = []
    for ask in _all(text, slug):
        if known[ask.essence] > 0:
            known[ask.essence] -= 1
        else:
            fresh.append(ask)
    return _capped(fresh)


def _capped(found: Sequence[Ask]) -> tuple[Ask, ...]:
    if len(found) <= MAX_ASKS:
        return tuple(found)
    return (*found[:MAX_ASKS], replace(found[MAX_ASKS], problem=TOO_MANY))


def _all(text: str, slug: str) -> list[Ask]:
    call = _call(slug)
    if not call.search(text.replace("\r", "\n")):
        return []
    lines = scan(text)
    begins = _commands(lines, call)
    ends = [place for place, _ in begins[1:]] + [len(lines)] * bool(begins)
    return [
        Ask(
            verb=(found["verb"] or "").lower(),
            words=(found["words"] or "").strip(" \t"),
            text=_belonging(lines[place + 1 : end]),
        )
        for (place, found), end in zip(begins, ends, strict=True)
    ]


def _call(slug: str) -> re.Pattern[str]:
    """A line that calls us. ASCII letters in either case; only spaces and tabs separate words."""
    name = re.escape(slug)
    return re.compile(
        rf"^ {{0,3}}(?:/agent|@{name}(?:\[bot\])?)"
        r"(?:[ \t]+(?P<verb>[^\s]+)(?:[ \t]+(?P<words>[^\n]*))?)?[ \t]*$",
        re.ASCII | re.IGNORECASE | re.MULTILINE,
    )


def _commands(lines: Sequence[Line], call: re.Pattern[str]) -> list[tuple[int, re.Match[str]]]:
    commands = []
    begin = 0  # of the paragraph
    judged = 0
    for place, line in enumerate(lines):
        if line.kind not in (Kind.TEXT, Kind.INDENTED):
            begin = place + 1
            continue
        found = call.match(line.text) if line.kind is Kind.TEXT else None
        if not found:
            continue
        if place > begin:
            judged += 1
            if judged > MAX_JUDGED or not shown(_paragraph(lines, begin), place - begin):
                continue
        commands.append((place, found))
    return commands


def _paragraph(lines: Sequence[Line], begin: int) -> list[str]:
    end = begin
    while end < len(lines) and lines[end].kind in (Kind.TEXT, Kind.INDENTED):
        end += 1
    return [line.text for line in lines[begin:end]]


def _belonging(lines: Sequence[Line]) -> str:
    return "\n".join(line.text for line in lines if line.kind in _KEPT).strip("\n")
