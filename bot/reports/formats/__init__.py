"""The table of tool outputs that are understood. A new one is a file and a line here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import re2

from bot.reports.formats.gcc import Gcc
from bot.reports.formats.go import Go
from bot.reports.formats.model import Reader
from bot.reports.formats.pytest import Pytest
from bot.reports.formats.ruff import Ruff
from bot.reports.formats.traceback import Traceback
from bot.reports.formats.tsc import Tsc

READERS: dict[str, Callable[[], Reader]] = {
    "gcc, clang and mypy": Gcc,
    "go": Go,
    "pytest": Pytest,
    "Python tracebacks and unittest": Traceback,
    "ruff": Ruff,
    "tsc": Tsc,
}

# Output without any of this tells no reader anything. It is looked for in a whole chunk at once, because to
# read each line of a flood six times costs more than all else that is done with it.
_TELLING = (
    rb": (?:fatal error|error|warning): ",
    rb"(?:error|warning) TS\d",
    rb"\.go:\d",
    rb"--- FAIL: |=== RUN|=== NAME",
    rb"^E(?:   |\r?$)",
    rb"^[_=!-]",
    rb":-?\d{1,20}:(?:\r?$| (?:in \S|[A-Za-z_]))",
    rb":\d{1,20}:\d{1,20}: ",
    rb"^[A-Z]{1,6}\d{2,4}:? |^(?:invalid-syntax|SyntaxError)",
    rb"^\s{0,10}--> ",
    rb"File \"[^\"]{1,400}\", line \d",
    rb"^(?:FAIL|ERROR): ",
    rb"\x1b\[",  # colours hide all of the above
)


def _compiled() -> Any:  # it brings no types
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.never_capture = True
    return re2.compile(b"(?m)" + b"|".join(b"(?:%s)" % each for each in _TELLING), options)


_MAY_TELL = _compiled()


def may_tell(text: str) -> bool:
    """Whether any reader could make something of a line of this text."""
    return _MAY_TELL.search(text.encode("utf-8", "replace")) is not None
