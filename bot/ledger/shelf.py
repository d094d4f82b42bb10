"""What the run pages read."""

from __future__ import annotations

from collections.abc import Sequence

from bot.ids import RunId
from bot.journal import Entry
from bot.ledger.book import Ledger
from bot.ports import Changes
from bot.runs import Run


class Shelf:
    """The reading half of the ledger, by run id."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def run(self, run: RunId) -> Run | None:
        return self._ledger.runs.get(run)

    def journal(self, run: RunId, after: int, limit: int) -> Sequence[Entry]:
        return self._ledger.journals.read(run, after, limit)

    def changes(self, run: RunId) -> Changes | None:
        return self._ledger.runs.changes(run)
