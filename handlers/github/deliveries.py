"""The App's own delivery log on GitHub: what was tried, and asking for it once more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import takewhile
from typing import Any

from bot.ports import Attempt
from handlers.github.rest import GitHubClient

_LOG = "app/hook/deliveries"


class GitHubDeliveryLog:
    def __init__(self, client: GitHubClient) -> None:
        self._client = client

    def attempts(self, since: datetime) -> Sequence[Attempt]:
        newest_first = (_attempt(told) for told in self._client.pages_as_app(_LOG))
        return list(takewhile(lambda attempt: attempt.at >= since, newest_first))

    def ask_again(self, attempt: int) -> None:
        self._client.call_as_app("POST", f"{_LOG}/{attempt}/attempts")


def _attempt(told: dict[str, Any]) -> Attempt:
    return Attempt(
        id=told["id"],
        guid=told["guid"],
        at=datetime.fromisoformat(told["delivered_at"]),
        answered=200 <= told["status_code"] < 300,
    )
