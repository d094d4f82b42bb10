"""What the API needs to know: four questions, answered by the ledger."""

from __future__ import annotations

from typing import Protocol

from bot.api import ApiRequest
from bot.ids import RunId
from bot.runs import Run
from bot.tokens import Token


class Office(Protocol):
    """Asked in worker threads, so it may block and must be safe to call from several at once."""

    def token(self, given: str) -> Token | None:
        """None for what is no token of ours, or does not count any more."""
        ...

    def run(self, run: RunId) -> Run | None: ...

    def open(self, request: ApiRequest) -> ApiRequest:
        """The request as it is kept: the first one with this id."""
        ...

    def request(self, request: str) -> ApiRequest | None: ...
