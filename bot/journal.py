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


@dataclass(frozen=True)
class Entry:
    """One line of a run's journal. `seq` counts from 1 and is the SSE event id; `step` counts from 0."""

    seq: int
    at: datetime
    kind: EntryKind
    step: int | None
    text: str
