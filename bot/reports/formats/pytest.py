"""pytest: the places of a failure (`path:line: AssertionError`, `path:line: in test`) and its `E` lines."""

from __future__ import annotations

import re
import textwrap

from bot.ports import Level
from bot.reports.formats.model import Finding, Places

_KEPT = 20  # `E` lines and frames of one failure

_TEST = re.compile(r"_{3,} (?:ERROR (?:collecting|at \w{1,20} of) )?(?P<name>\S.{0,300}?) _{3,}$")
_EXPLAINED = re.compile(r"E(?P<message> {3}.*|)$")
_SYNTAX = re.compile(r"E {3,10}File \"(?P<path>[^\"]{1,400})\", line (?P<line>\d{1,20})")
_FRAME = re.compile(r"(?P<path>[^\s:][^:]{0,400}):(?P<line>-?\d{1,20}): ?(?:in \S.*)?$")
_PLACE = re.compile(r"(?P<path>[^\s:][^:]{0,400}):(?P<line>-?\d{1,20}): (?P<said>[A-Za-z_][\w.]{0,200}\b.*)$")
_ERROR = re.compile(r"[\w.]*(?:Error|Exception|Failed|Warning|Exit|Interrupt)(?:: .*)?$")


class Pytest:
    """Remembers the test, its frames and its `E` lines until the failure is told."""

    def __init__(self) -> None:
        self._test = ""
        self._frames: list[tuple[str, str]] = []
        self._said: list[str] = []

    def read(self, line: str) -> Places:
        explained = _EXPLAINED.match(line)
        if explained:
            self._explain(line, explained["message"])
            return ()
        if line.startswith(
            ("_", "=", "-", "!")
        ):  # a new section: with --tb=short nothing else ends a failure
            told = self._tell() if self._said else ()
            if not line.startswith("_ _"):
                self._frames = []
            test = _TEST.match(line)
            self._test = test["name"] if test else self._test
            return told
        frame = _FRAME.match(line)
        if frame:
            self._frames = [*self._frames[1 - _KEPT :], (frame["path"], frame["line"])]
            return ()
        place = _PLACE.match(line)
        if place and (
            _ERROR.match(place["said"]) or [place["said"]] == [said.strip() for said in self._said[:1]]
        ):
            self._said = self._said or [place["said"]]
            self._frames.append((place["path"], place["line"]))
            return self._tell()
        return ()

    def _explain(self, line: str, message: str) -> None:
        syntax = _SYNTAX.match(line)
        if syntax:
            self._frames.append((syntax["path"], syntax["line"]))
        elif len(self._said) < _KEPT:
            self._said.append(message)
        self._frames = self._frames[-_KEPT:]

    def _tell(self) -> Places:
        message = textwrap.dedent("\n".join(self._said))
        places = tuple(
            Finding(path, at, Level.FAILURE, message, self._test) for path, at in reversed(self._frames)
        )
        self._said, self._frames = [], []
        return places
