"""tsc: `path(line,column): error TS2322: message`; pretty `path:line:column - error TS2322: message`."""

from __future__ import annotations

import re

from bot.ports import Level
from bot.reports.formats.model import Finding, Places

_LINE = re.compile(
    r"(?P<path>[^\s:(][^:(]{0,400})(?:\((?P<line>\d{1,20}),\d{1,20}\):|:(?P<pretty>\d{1,20}):\d{1,20} -) "
    r"(?P<word>error|warning) (?P<code>TS\d{1,6}): (?P<message>.+)"
)


class Tsc:
    """One line says it all, so nothing is remembered."""

    def read(self, line: str) -> Places:
        found = _LINE.match(line)
        if not found:
            return ()
        level = Level.WARNING if found["word"] == "warning" else Level.FAILURE
        at = found["line"] or found["pretty"]
        return (Finding(found["path"], at, level, found["message"], found["code"]),)
