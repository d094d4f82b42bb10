"""JUnit XML: https://github.com/testmoapp/junitxml describes what test runners write."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from bot.errors import UserError
from bot.ports import Level
from bot.reports import safe
from bot.reports.formats.model import Finding, Places
from bot.results.model import FailedTest, JUnitReport

MOST_FAILURES = 20  # that are named
MOST_PLACES = 500  # failures whose place is looked for
LOOKED_AT = 64 * 1024  # characters of one failure
_PLACE = re.compile(r"([^\s:()\"'<>]{1,300}):(\d{1,9})\b")


@dataclass(frozen=True)
class _Failure:
    name: str
    message: str
    text: str
    file: str
    line: str


def read(path: str, text: str) -> tuple[JUnitReport, list[Places]]:
    """What it tells, and for each failure the places that it may belong to. UserError when it is none."""
    try:
        root = fromstring(text, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, RecursionError) as refusal:
        raise UserError(f"`{path}` was left out: it is no JUnit XML that can be read.") from refusal
    if root.tag not in ("testsuites", "testsuite"):
        raise UserError(f"`{path}` was left out: it is XML, but no report of tests.")
    failures: list[_Failure] = []
    cases = skipped = failed = 0
    seconds = 0.0
    for case in root.iter("testcase"):
        cases += 1
        seconds += _seconds(case.get("time"))
        wrong = next((child for child in case if child.tag in ("failure", "error")), None)
        if wrong is not None:
            failed += 1
            if len(failures) < MOST_PLACES:
                failures.append(_failure(case, wrong))
        elif any(child.tag == "skipped" for child in case):
            skipped += 1
    named = tuple(FailedTest(each.name, each.message) for each in failures[:MOST_FAILURES])
    report = JUnitReport(path, cases - failed - skipped, failed, skipped, seconds, named)
    return report, [tuple(_places(each)) for each in failures]


def _failure(case: Any, wrong: Any) -> _Failure:
    text = (wrong.text or "")[:LOOKED_AT]
    message = wrong.get("message") or text or wrong.get("type") or ""
    name = "::".join(filter(None, (case.get("classname"), case.get("name") or "?")))
    return _Failure(
        name=safe.one_line(name, limit=200),
        message=safe.one_line(message.strip().split("\n")[0], limit=300),
        text=text,
        file=case.get("file") or "",
        line=case.get("line") or "",
    )


def _places(failure: _Failure) -> Iterator[Finding]:
    """Where it was last in a traceback is nearest; where its test begins is better than nothing."""
    found = [(path, line) for path, line in _PLACE.findall(failure.text)][::-1]
    if failure.file and failure.line.isdecimal():
        found.append((failure.file, failure.line))
    for path, line in found:
        yield Finding(path, line, Level.FAILURE, failure.message, failure.name)


def _seconds(told: str | None) -> float:
    try:
        seconds = float((told or "0").replace(",", ""))
    except ValueError:
        return 0.0
    return seconds if math.isfinite(seconds) and seconds > 0 else 0.0
