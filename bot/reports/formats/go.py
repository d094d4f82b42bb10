"""go build, vet and test: `path.go:line:column: message`; in a failed test `    x_test.go:line: message`."""

from __future__ import annotations

import re

from bot.ports import Level
from bot.reports.formats.model import Finding, Places

_LINE = re.compile(
    r"(?:vet: )?(?P<path>[^\s:][^:]{0,400}\.go):(?P<line>\d{1,20})(?::\d{1,20})?: "
    r"(?!error: |warning: )(?P<message>.+)"
)
_TEST_LINE = re.compile(r"\s{4,40}(?P<path>[^\s:/]{1,200}_test\.go):(?P<line>\d{1,20}): (?P<message>.+)")
_TEST = re.compile(r"\s{0,40}(?:--- FAIL: |=== RUN\s+|=== NAME\s+)(?P<name>\S{1,200})")


class Go:
    """Remembers the test that speaks."""

    def __init__(self) -> None:
        self._test = ""

    def read(self, line: str) -> Places:
        test = _TEST.match(line)
        if test:
            self._test = test["name"]
            return ()
        said = _TEST_LINE.match(line)
        if said and self._test:
            return (Finding(said["path"], said["line"], Level.FAILURE, said["message"], self._test),)
        built = _LINE.match(line)
        if built:
            return (Finding(built["path"], built["line"], Level.FAILURE, built["message"]),)
        return ()
