"""What a reader of a tool's output finds, and how it is given the lines of one step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from bot.ports import Level


@dataclass(frozen=True)
class Finding:
    """A place that a tool complained about, as the tool wrote it: nothing in it is checked yet."""

    path: str
    line: str
    level: Level
    message: str
    title: str = ""


Places = tuple[Finding, ...]


class Reader(Protocol):
    """Reads one step's output of one tool, line by line, and remembers a bounded number of lines."""

    def read(self, line: str) -> Places:
        """What this line completes: one complaint with the places it may belong to, the likeliest first."""
        ...
