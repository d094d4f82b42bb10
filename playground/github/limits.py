"""GitHub's rate limits with their real numbers, each of which can be switched on."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field

from playground.github.answers import Refused

PRIMARY_PER_HOUR = 5_000
CONTENT_PER_MINUTE = 80
CONTENT_PER_HOUR = 500
POINTS_PER_MINUTE = 900
READ_POINTS, WRITE_POINTS = 1, 5
WRITE_GAP = 1.0  # seconds between writes that GitHub asks of whoever makes "a large number" of them
MANY_WRITES = 20  # in a minute: what we take a large number to be


@dataclass(slots=True)
class Spent:
    """What one installation has used."""

    window_ends: float = 0.0
    used: int = 0
    writes: deque[float] = field(default_factory=deque)
    points: deque[tuple[float, int]] = field(default_factory=deque)
    points_sum: int = 0
    most_writes_a_minute: int = 0
    hasty_writes: int = 0
    refused: int = 0


@dataclass(slots=True)
class Limits:
    primary: bool = False
    secondary: bool = False
    strict_gap: bool = False  # of whoever made many, refuse, and not only count, writes within a second
    retry_after: int | None = 60  # GitHub does not always send it
    primary_status: int = 403
    per_hour: int = PRIMARY_PER_HOUR
    content_per_minute: int = CONTENT_PER_MINUTE
    content_per_hour: int = CONTENT_PER_HOUR
    points_per_minute: int = POINTS_PER_MINUTE
    spent: dict[str, Spent] = field(default_factory=dict)

    def charge(self, who: str, method: str, *, creates_content: bool) -> dict[str, str]:
        """Count one request of `who`; the headers it is answered with. Refuses what GitHub would refuse."""
        clock = time.time()
        account = self.spent.setdefault(who, Spent())
        if clock >= account.window_ends:
            account.window_ends, account.used = clock + 3600, 0
        if self.primary and account.used >= self.per_hour:
            account.refused += 1
            refused = Refused(self.primary_status, f"API rate limit exceeded for {who}.")
            refused.headers = self._headers(account)
            raise refused
        account.used += 1
        headers = self._headers(account)
        self._charge_secondary(account, clock, method, creates_content, headers)
        return headers

    def free(self, who: str) -> None:
        """A conditional request answered with 304 does not count."""
        account = self.spent.get(who)
        if account is not None and account.used:
            account.used -= 1

    def status(self, who: str) -> dict[str, int]:
        account = self.spent.get(who, Spent(window_ends=time.time() + 3600))
        left = max(self.per_hour - account.used, 0)
        return {
            "limit": self.per_hour,
            "used": account.used,
            "remaining": left,
            "reset": int(account.window_ends),
        }

    def _headers(self, account: Spent) -> dict[str, str]:
        left = max(self.per_hour - account.used, 0) if self.primary else self.per_hour  # off: never used up
        return {
            "x-ratelimit-limit": str(self.per_hour),
            "x-ratelimit-remaining": str(left),
            "x-ratelimit-used": str(account.used),
            "x-ratelimit-reset": str(int(account.window_ends)),
            "x-ratelimit-resource": "core",
        }

    def _charge_secondary(
        self, account: Spent, clock: float, method: str, creates_content: bool, headers: dict[str, str]
    ) -> None:
        points = READ_POINTS if method in {"GET", "HEAD"} else WRITE_POINTS
        while account.points and account.points[0][0] <= clock - 60:
            account.points_sum -= account.points.popleft()[1]
        while account.writes and account.writes[0] <= clock - 3600:
            account.writes.popleft()
        hasty = bool(creates_content and account.writes and clock - account.writes[-1] < WRITE_GAP)
        in_a_minute = _since(account.writes, clock - 60) + creates_content
        over = (
            account.points_sum + points > self.points_per_minute
            or (creates_content and in_a_minute > self.content_per_minute)
            or (creates_content and len(account.writes) + 1 > self.content_per_hour)
        )
        too_hasty = hasty and in_a_minute > MANY_WRITES
        if (self.secondary and over) or (self.strict_gap and too_hasty):
            account.refused += 1
            refused = Refused(
                403,
                "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
            )
            refused.headers = dict(headers)
            if self.retry_after is not None:
                refused.headers["retry-after"] = str(self.retry_after)
            raise refused
        account.points.append((clock, points))
        account.points_sum += points
        if creates_content:
            account.writes.append(clock)
            account.hasty_writes += hasty
            account.most_writes_a_minute = max(account.most_writes_a_minute, in_a_minute)


def _since(moments: deque[float], start: float) -> int:
    count = 0
    for moment in reversed(moments):
        if moment <= start:
            break
        count += 1
    return count
