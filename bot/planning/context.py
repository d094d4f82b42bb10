"""What a model is shown beside the command: parts, each cut to its own budget, each marked as untrusted data.

A part is one line of JSON between two marks. Inside of it `<` and `>` are written as escapes, so that no
content, whatever it says, can end its part or begin another one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

Count = Callable[[str], int]

_CHARACTERS = 8  # a token is never longer on average, so what is over this is cut before it is counted


class Trust(StrEnum):
    """Who may have written a part. Neither is ever an instruction."""

    CONFIGURATION = "configuration"  # whoever may push to the default branch
    ANYBODY = "anybody"


class Keep(StrEnum):
    """Which end of a part matters when it does not fit."""

    HEAD = "head"
    TAIL = "tail"


@dataclass(frozen=True)
class Part:
    """One thing to be shown. `path` is that of a file, whose lines can be cited; "" for anything else."""

    name: str
    text: str
    tokens: int
    trust: Trust = Trust.ANYBODY
    keep: Keep = Keep.HEAD
    path: str = ""


@dataclass(frozen=True)
class Shown:
    """A part as it was shown: `text` is all that fitted."""

    part: Part
    text: str

    @property
    def lines(self) -> int:
        return len(self.text.splitlines())


def show(parts: Sequence[Part], count: Count) -> tuple[Shown, ...]:
    """Every part that has something to say, within its own budget."""
    fitted = ((part, fit(part.text, part.tokens, count, part.keep)) for part in parts)
    return tuple(Shown(part, text) for part, text in fitted if text.strip())


def fit(text: str, tokens: int, count: Count, keep: Keep = Keep.HEAD) -> str:
    """The head or the tail of a text that has at most so many tokens."""
    text = _cut(text, tokens * _CHARACTERS, keep)
    while (there := count(text)) > tokens:
        text = _cut(text, min(len(text) - 1, len(text) * tokens // there), keep)
    return text


def _cut(text: str, characters: int, keep: Keep) -> str:
    if len(text) <= characters:
        return text
    return text[:characters] if keep is Keep.HEAD else text[len(text) - characters :]


def rendered(shown: Sequence[Shown]) -> str:
    """The parts as a model reads them."""
    return "\n".join(_part(each, each.text) for each in shown)


def numbered(shown: Sequence[Shown]) -> str:
    """The same, with a number in front of each line that can be cited."""
    return "\n".join(_part(each, _lines(each) if each.part.path else each.text) for each in shown)


def marked(mark: str, value: Mapping[str, object]) -> str:
    """A value between two marks, which nothing inside of it can close."""
    line = json.dumps(value, ensure_ascii=True).replace("<", "\\u003c").replace(">", "\\u003e")
    return f"<{mark}>\n{line}\n</{mark}>"


def _part(each: Shown, content: object) -> str:
    cut = len(each.text) < len(each.part.text)
    return marked("untrusted", {"name": each.part.name, "cut": cut, "content": content})


def _lines(each: Shown) -> list[str]:
    return [f"{number}: {line}" for number, line in enumerate(each.text.splitlines(), start=1)]
