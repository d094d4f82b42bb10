"""Failures with a file and a line, found in the output of well-known tools while it streams by.

The output is untrusted: only paths that are in the tree count, lines are clamped, messages are cleaned and
short, and there is an end to how many a run may have.
"""

from __future__ import annotations

from collections.abc import Iterable

from bot.ports import Annotation
from bot.reports import safe
from bot.reports.formats import READERS, may_tell
from bot.reports.formats.model import Finding, Places, Reader

CAP = 500  # annotations of one run; GitHub takes 50 a request
MESSAGE = 1_000  # characters; GitHub takes 64 KB, nobody reads that beside a line of code
LINE = 4_000  # characters of an output line that are looked at
LAST_LINE = 2**31 - 1
_NOTHING = [".", ""]  # to readers, what any other lines are that they know nothing of


class Findings:
    """Hears the output of a run, piece by piece, and hands out the annotations that are new."""

    def __init__(self, known: frozenset[str], *, cap: int = CAP) -> None:
        self._known = known
        self._go_tests = _by_name(known)
        self._left = cap
        self._steps: dict[int, _Lines] = {}
        self._seen: set[tuple[str, int, str]] = set()
        self._fresh: list[Annotation] = []

    def hear(self, step: int, text: str) -> None:
        """A piece of the output of a step, in order; pieces need not end where lines do."""
        if self._left <= 0:
            return
        lines = self._steps.setdefault(step, _Lines())
        for line in lines.told(text):
            self._read(lines.readers, line)

    def end(self, step: int) -> None:
        """The step is over: its last line counts even without an end."""
        lines = self._steps.pop(step, None)
        if lines is not None:
            for line in (lines.rest(), ""):
                self._read(lines.readers, line)

    def add(self, found: Iterable[Places]) -> None:
        """Complaints that were read elsewhere, each with the places that it may belong to."""
        for places in found:
            any(self._keep(finding) for finding in places)

    def take(self) -> tuple[Annotation, ...]:
        """What was found since the last time."""
        fresh, self._fresh = tuple(self._fresh), []
        return fresh

    def _read(self, readers: tuple[Reader, ...], line: str) -> None:
        for reader in readers:
            for finding in reader.read(line):
                if self._keep(finding):
                    break

    def _keep(self, finding: Finding) -> bool:
        """Whether this finding lies in the tree; of several places for one message the first one counts."""
        path = self._path(finding.path)
        if path is None:
            return False
        annotation = Annotation(
            path=path,
            line=min(max(1, int(finding.line)), LAST_LINE),
            level=finding.level,
            message=_short(finding.message),
            title=safe.one_line(finding.title, limit=120),
        )
        key = (annotation.path, annotation.line, annotation.message)
        if annotation.message and key not in self._seen and self._left > 0:
            self._left -= 1
            self._seen.add(key)
            self._fresh.append(annotation)
        return True

    def _path(self, written: str) -> str | None:
        path = written.replace("\\", "/").strip()
        path = path.removeprefix("/workspace/")
        while path.startswith("./"):
            path = path[2:]
        if path in self._known:
            return path
        return self._go_tests.get(path)


class _Lines:
    """One step's output as lines: a line that is too long loses its end, a lone carriage return its past."""

    def __init__(self) -> None:
        self.readers = tuple(make() for make in READERS.values())
        self._part: list[str] = []
        self._size = 0
        self._silent = True  # the last piece told no reader anything

    def told(self, text: str) -> list[str]:
        """The lines that this piece completes, or those few that stand for a piece that tells nothing."""
        silent = not may_tell("".join(self._part) + text)
        skip, self._silent = silent and self._silent and "\n" in text, silent
        if not skip:
            return self.feed(text)
        self.rest()
        self._add(text[text.rfind("\n") + 1 :])
        return _NOTHING

    def feed(self, text: str) -> list[str]:
        head, *others = text.split("\n")
        self._add(head)
        if not others:
            return []
        lines = [self.rest()]
        lines += [_settled(line) for line in others[:-1]]
        self._add(others[-1])
        return lines

    def rest(self) -> str:
        line = _settled("".join(self._part))
        self._part, self._size = [], 0
        return line

    def _add(self, piece: str) -> None:
        if self._size < LINE and piece:
            piece = piece[: LINE - self._size]
            self._part.append(piece)
            self._size += len(piece)


def _settled(line: str) -> str:
    line = line[:LINE]
    return safe.clean(line) if not line.isprintable() else line


def _short(message: str) -> str:
    kept = safe.clean(message).strip()
    return kept if len(kept) <= MESSAGE else kept[: MESSAGE - 1] + "…"


def _by_name(known: frozenset[str]) -> dict[str, str]:
    """Go names a test's file without its folder: the name counts when only one file has it."""
    paths: dict[str, str] = {}
    twice: set[str] = set()
    for path in known:
        name = path.rpartition("/")[2]
        if name.endswith("_test.go"):
            if name in paths:
                twice.add(name)
            paths[name] = path
    return {name: path for name, path in paths.items() if name not in twice}
