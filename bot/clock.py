"""The one place that asks what time it is."""

from __future__ import annotations

from datetime import UTC, datetime


class SystemClock:
    """The port `bot.ports.Clock`."""

    def now(self) -> datetime:
        return datetime.now(UTC)
