"""gcc, clang and mypy: `path:line[:column]: error: message`. Notes only explain, so they are left out."""

from __future__ import annotations

import re

from bot.ports import Level
from bot.reports.formats.model import Finding, Places

_LINE = re.compile(
    r"(?P<path>[^\s:][^:]{0,400}):(?P<line>-?\d{1,20}):(?:-?\d{1,20}:)? "
    r"(?P<word>fatal error|error|warning): (?P<message>.+)"
)


class Gcc:
    """One line says it all, so nothing is remembered."""

    def read(self, line: str) -> Places:
        found = _LINE.match(line)
        if not found:
            return ()
        level = Level.WARNING if found["word"] == "warning" else Level.FAILURE
        return (Finding(found["path"], found["line"], level, found["message"]),)
