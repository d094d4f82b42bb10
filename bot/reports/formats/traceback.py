"""Python tracebacks, as unittest and plain scripts print them: frames, then `SomeError: message`."""

from __future__ import annotations

import re

from bot.ports import Level
from bot.reports.formats.model import Finding, Places

_KEPT = 50  # frames of one traceback; the innermost are the last

_FRAME = re.compile(r"\s{2,10}File \"(?P<path>[^\"]{1,400})\", line (?P<line>\d{1,20})")
_ERROR = re.compile(r"[A-Za-z_][\w.]{0,200}(?:: .*)?$")
_TEST = re.compile(r"(?:FAIL|ERROR): (?P<name>\w{1,200})")


class Traceback:
    """Remembers the frames of the traceback that is being told."""

    def __init__(self) -> None:
        self._test = ""
        self._frames: list[tuple[str, str]] = []

    def read(self, line: str) -> Places:
        frame = _FRAME.match(line)
        if frame:
            self._frames = [*self._frames[1 - _KEPT :], (frame["path"], frame["line"])]
            return ()
        if line.startswith((" ", "\t")) or not line:
            return ()
        frames, self._frames = self._frames, []
        if frames and _ERROR.match(line):
            return tuple(Finding(path, at, Level.FAILURE, line, self._test) for path, at in reversed(frames))
        test = _TEST.match(line)
        if test:
            self._test = test["name"]
        return ()
