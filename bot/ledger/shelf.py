"""What the run pages read."""

from __future__ import annotations

from collections.abc import Sequence

from bot.forecast import Outlook
from bot.ids import RunId
from bot.journal import End, Entry
from bot.ledger.book import Ledger
from bot.ports import Changes, Clock
from bot.runs import Attempt, Run, RunState


class Shelf:
    """The reading half of the ledger, by run id."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock

    def run(self, run: RunId) -> Run | None:
        return self._ledger.runs.get(run)

    def journal(self, run: RunId, after: int, limit: int) -> Sequence[Entry]:
        return self._ledger.journals.read(run, after, limit)

    def ends(self, run: RunId, steps: int, limit: int) -> tuple[dict[int, End], int]:
        return self._ledger.journals.ends(run, steps, limit)

    def changes(self, run: RunId) -> Changes | None:
        return self._ledger.runs.changes(run)

    def artifact(self, run: RunId, position: int) -> bytes | None:
        return self._ledger.results.artifact(run, position)

    def attempts(self, run: Run) -> Sequence[Attempt]:
        return self._ledger.attempts.of(run)

    def outlook(self, run: Run) -> Outlook | None:
        waiting = run.state is RunState.QUEUED
        return self._ledger.line.outlook(run, self._clock.now()) if waiting else None
