"""What the pages need to know about runs: seven questions, answered by the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bot.forecast import Outlook
from bot.ids import RunId
from bot.journal import End, Entry
from bot.ports import Changes
from bot.runs import Attempt, Run


class RunShelf(Protocol):
    """Asked in worker threads, so it may block and must be safe to call from several at once."""

    def run(self, run_id: RunId) -> Run | None: ...

    def journal(self, run_id: RunId, after: int, limit: int) -> Sequence[Entry]:
        """At most `limit` entries with a seq above `after`, in order."""
        ...

    def ends(self, run_id: RunId, steps: int, limit: int) -> tuple[dict[int, End], int]:
        """The end of what each step said, at least `limit` characters, and the seq of the last entry."""
        ...

    def changes(self, run_id: RunId) -> Changes | None: ...

    def artifact(self, run: RunId, position: int) -> bytes | None:
        """What the artifact with this place in the run's results holds."""
        ...

    def attempts(self, run: Run) -> Sequence[Attempt]:
        """Those that are over and were followed by another, oldest first."""
        ...

    def outlook(self, run: Run) -> Outlook | None:
        """What a queued run waits for and may expect; None when it waits no more."""
        ...
