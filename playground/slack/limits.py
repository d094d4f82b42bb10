"""Slack's rate limits: tiers for each method and team, and one message a second for each channel."""

from __future__ import annotations

import math
import time
from collections import deque
from dataclasses import dataclass, field
from enum import Enum

from playground.slack.answers import Json, ratelimited

MINUTE = 60.0
POSTS_AT_ONCE = 3  # "short bursts are allowed"; Slack does not say how short


class Tier(Enum):
    """How many calls of a method a team has in a minute."""

    ONE = 1
    TWO = 20
    THREE = 50
    FOUR = 100
    POSTING = 0  # a second for each message, in each channel
    FREE = -1


@dataclass(slots=True)
class Spent:
    """What one key has used: when it was called, and how often that was too many."""

    calls: deque[float] = field(default_factory=lambda: deque(maxlen=1_000))
    saved: float = POSTS_AT_ONCE  # calls that may be made at once, as they were at `saved_at`
    saved_at: float = field(default_factory=time.monotonic)
    most: int = 0
    over: int = 0
    refused: int = 0


@dataclass(slots=True)
class Limits:
    """Always counts; refuses only while it is on. `speed` divides every window."""

    on: bool = False
    speed: float = 1.0
    spent: dict[str, Spent] = field(default_factory=dict)

    def charge(self, method: str, tier: Tier, *, team: str, channel: str) -> None:
        if tier is Tier.FREE:
            return
        if tier is Tier.POSTING:
            self._charge_bucket(f"{method} {team} {channel}")
        else:
            self._charge_window(f"{method} {team}", tier.value)

    def _charge_window(self, key: str, allowed: int) -> None:
        """So many calls in any minute."""
        account, clock, window = self._account(key), time.monotonic(), MINUTE / self.speed
        while account.calls and account.calls[0] <= clock - window:
            account.calls.popleft()
        if len(account.calls) >= allowed:
            # The first of the calls that count frees its place when the window has passed it.
            self._exceed(account, account.calls[-allowed] + window - clock)
        account.calls.append(clock)
        account.most = max(account.most, len(account.calls))

    def _charge_bucket(self, key: str) -> None:
        """One call a second; whoever was quiet has saved up a few."""
        account, clock = self._account(key), time.monotonic()
        account.saved = min(account.saved + (clock - account.saved_at) * self.speed, POSTS_AT_ONCE)
        account.saved_at = clock
        if account.saved < 1:
            self._exceed(account, (1 - account.saved) / self.speed)
        account.saved = max(account.saved - 1, 0.0)
        account.calls.append(clock)
        account.most = max(account.most, sum(at > clock - 1 / self.speed for at in account.calls))

    def _account(self, key: str) -> Spent:
        return self.spent.setdefault(key, Spent())

    def _exceed(self, account: Spent, seconds: float) -> None:
        account.over += 1
        if self.on:
            account.refused += 1
            raise ratelimited(max(math.ceil(seconds), 1))

    def listing(self) -> dict[str, Json]:
        return {
            key: {"calls": len(it.calls), "most": it.most, "over": it.over, "refused": it.refused}
            for key, it in self.spent.items()
        }
