"""The table of tool outputs that are understood. A new one is a file and a line here."""

from __future__ import annotations

from collections.abc import Callable

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
