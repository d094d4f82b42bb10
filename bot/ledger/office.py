"""What the API reads and writes down."""

from __future__ import annotations

from datetime import datetime

from bot.api import ApiRequest
from bot.ids import RunId
from bot.ledger.book import Ledger
from bot.ports import Clock
from bot.runs import Run
from bot.tokens import Token, digest, is_token


class Office:
    """Asked in worker threads, so it may block."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock

    def token(self, given: str) -> Token | None:
        """Whose token this is, while it counts."""
        found = self._ledger.tokens.of(digest(given)) if is_token(given) else None
        return found if found is not None and found.counts(self._now()) else None

    def run(self, run: RunId) -> Run | None:
        return self._ledger.runs.get(run)

    def open(self, request: ApiRequest) -> ApiRequest:
        """As it is kept: the first with this id."""
        return self._ledger.api_requests.open(request, self._now())

    def request(self, request: str) -> ApiRequest | None:
        return self._ledger.api_requests.of(request)

    def _now(self) -> datetime:
        return self._clock.now()
