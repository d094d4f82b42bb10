"""ruff: concise `path:line:column: F401 message`; full, where ` --> path:line:column` follows the message."""

from __future__ import annotations

import re

from bot.ports import Level
from bot.reports.formats.model import Finding, Places

_CODE = r"(?P<code>[A-Z]{1,6}\d{2,4}|invalid-syntax|SyntaxError)"
_CONCISE = re.compile(
    rf"(?P<path>[^\s:][^:]{{0,400}}):(?P<line>\d{{1,20}}):\d{{1,20}}: {_CODE}:? (?P<message>.+)"
)
_HEADER = re.compile(rf"{_CODE}:? (?P<message>.+)")
_ARROW = re.compile(r"\s{0,10}--> (?P<path>[^\s:][^:]{0,400}):(?P<line>\d{1,20}):\d{1,20}$")


class Ruff:
    """Remembers the message that waits for its place."""

    def __init__(self) -> None:
        self._header: re.Match[str] | None = None

    def read(self, line: str) -> Places:
        concise = _CONCISE.match(line)
        if concise:
            return (_finding(concise, concise),)
        arrow, header = _ARROW.match(line), self._header
        self._header = _HEADER.match(line)
        return (_finding(arrow, header),) if arrow and header else ()


def _finding(place: re.Match[str], words: re.Match[str]) -> Finding:
    message = words["message"].removeprefix("[*] ")
    return Finding(place["path"], place["line"], Level.FAILURE, message, words["code"])
