"""Options in the words of a command: `--reason "two words" --for 2h`, also without quotes."""

from __future__ import annotations

import re
from collections.abc import Collection

from bot import plainly
from bot.errors import UserError
from bot.reports.safe import inline

# A phone makes one long dash of two short ones, and curls quotes.
_OPTION = re.compile(
    r"""(?:^|(?<=\s))(?:--|—)(?P<name>[A-Za-z][A-Za-z-]*)(?:=|[ \t]+|$)"""
    r"""(?P<value>"[^"]*"|“[^”]*”|'[^']*'(?!\S)|(?:(?!(?:^|\s)(?:--|—)[A-Za-z]).)*)"""
)


def options(words: str, known: Collection[str]) -> tuple[str, dict[str, str]]:
    """What stands before the first option, and the options' values. UserError for one that is not known."""
    found = list(_OPTION.finditer(words))
    before = words[: found[0].start()] if found else words
    values: dict[str, str] = {}
    for option in found:
        name = option["name"].lower()
        if name not in known:
            raise UserError(f"The option {inline(f'--{name}', limit=40)} {plainly.unknown(name, known)}")
        values[name] = _unquoted(option["value"].strip())
    return before.strip(), values


def _unquoted(value: str) -> str:
    pairs = {'"': '"', "“": "”", "'": "'"}
    quoted = len(value) > 1 and pairs.get(value[0]) == value[-1]
    return value[1:-1].strip() if quoted else value
