"""What a test tool said at its end: how many tests ran, how many failed, and which was the first."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.reports import safe

_PYTEST_END = re.compile(r"^=*\s?(?P<counts>\d+ \w+(?:, \d+ \w+)*) in [\d.]+s\b[^\n]{0,40}$", re.MULTILINE)
_PYTEST_COUNT = re.compile(r"(\d+) (failed|passed|errors?|skipped|xfailed|xpassed)\b")
_PYTEST_FAILED = re.compile(r"^(?:FAILED|ERROR) \S*?::(?P<name>[^\s\[]+)", re.MULTILINE)
_UNITTEST_RAN = re.compile(r"^Ran (?P<ran>\d{1,9}) tests? in [\d.]+s$", re.MULTILINE)
_UNITTEST_END = re.compile(r"^FAILED \((?P<counts>[a-z0-9=, ]{1,100})\)$", re.MULTILINE)
_UNITTEST_FAILED = re.compile(r"^(?:FAIL|ERROR): (?P<name>\w+)", re.MULTILINE)


@dataclass(frozen=True)
class Tally:
    """A test run in numbers. `first` is the name of the first failure, untrusted, or empty."""

    failed: int
    total: int
    first: str = ""


def tally(log: str) -> Tally | None:
    """The last verdict of pytest or unittest in the end of a step's log, if a test failed."""
    log = safe.clean(log[-20_000:])
    return _pytest(log) or _unittest(log)


def _pytest(log: str) -> Tally | None:
    ends = _PYTEST_END.findall(log)
    if not ends:
        return None
    counts = {
        word.rstrip("s"): int(number) for number, word in _PYTEST_COUNT.findall(ends[-1]) if len(number) < 10
    }
    failed = counts.get("failed", 0) + counts.get("error", 0)
    if not failed:
        return None
    first = _PYTEST_FAILED.search(log)
    return Tally(failed, sum(counts.values()), first["name"] if first else "")


def _unittest(log: str) -> Tally | None:
    ran, end = _UNITTEST_RAN.findall(log), _UNITTEST_END.findall(log)
    if not ran or not end:
        return None
    failed = sum(int(number) for number in re.findall(r"(?:failures|errors)=(\d{1,9})", end[-1]))
    first = _UNITTEST_FAILED.search(log)
    return Tally(failed, int(ran[-1]), first["name"] if first else "") if failed else None
