"""What a run writes down while it goes: output and state changes, numbered, so that a reader can resume."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class EntryKind(StrEnum):
    OUT = "out"  # standard output of a step; `text` is the piece
    ERR = "err"  # standard error of a step
    STEP = "step"  # a step changed its state; `text` is the new state
    RUN = "run"  # the run changed its state; `text` is the new state
    NOTE = "note"  # a sentence for the reader


SAID = (EntryKind.OUT, EntryKind.ERR, EntryKind.NOTE)  # what of a step is shown as its output


def said(kind: EntryKind, text: str) -> str:
    """What the log of a step shows of an entry: output as it is, a note on a line of its own."""
    if kind is EntryKind.NOTE:
        return f"\n{text}\n"
    return text if kind in SAID else ""


@dataclass(frozen=True)
class End:
    """The end of what a step said; `cut` when there is more before it."""

    text: str
    cut: bool


@dataclass(frozen=True)
class Entry:
    """One line of a run's journal. `seq` counts from 1 and is the SSE event id; `step` counts from 0."""

    seq: int
    at: datetime
    kind: EntryKind
    step: int | None
    text: str
