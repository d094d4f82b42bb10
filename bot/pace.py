"""How fast GitHub may be asked: from what an installation has spent, how long the next request waits.

GitHub allows an installation 80 content-creating requests a minute and 500 an hour, 900 points a minute (a
read is 1, a write 5), and asks for a second between the writes of whoever makes many. People's tools spend
from the same budget, so we stay below each number.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
LONGEST_INTERVAL = timedelta(seconds=15)  # between two changes of what is shown, while its run goes
AGAIN_S = 5.0  # how soon a full budget is looked at again


@dataclass(frozen=True)
class Lane:
    """So many in a sliding window come at once, then one each `gap_s`; never more than `most`."""

    burst: int
    gap_s: float
    most: int

    def wait_s(self, count: int, last: datetime | None, now: datetime) -> float:
        """Seconds until the next one, when `count` of the window are spent, the newest of them at `last`."""
        if count < self.burst or last is None:
            return 0.0
        gap = max(0.0, (last - now).total_seconds() + self.gap_s)
        return gap if count < self.most else max(gap, AGAIN_S)


@dataclass(frozen=True)
class Rates:
    """What one installation may spend. With 75 writes a minute: at most 855 of GitHub's 900 points."""

    writes: Lane  # of a minute
    hour: Lane  # writes of an hour
    progress: Lane  # writes of an hour after which a mere update has to wait: half is kept for what matters
    reads: Lane  # of a minute

    @staticmethod
    def of(writes_per_minute: int) -> Rates:
        """All follows from one number, in the proportions of GitHub's own."""
        most = writes_per_minute
        hour = max(most * 470 // 75, 1)
        quarter = max(hour // 4, 1)
        return Rates(
            writes=Lane(burst=most // 5, gap_s=60 / (most - most // 5), most=most),
            hour=Lane(burst=hour, gap_s=0.0, most=hour),
            progress=Lane(burst=quarter, gap_s=3600 / quarter, most=max(hour // 2, 1)),
            reads=Lane(burst=most * 12 // 5, gap_s=15 / most, most=most * 32 // 5),
        )


@dataclass(frozen=True)
class Spent:
    """What an installation has spent: writes of the last minute and hour, reads of the last minute."""

    minute: int = 0
    hour: int = 0
    last_write: datetime | None = None
    reads: int = 0
    last_read: datetime | None = None
    closed_until: datetime | None = None  # GitHub itself asked for silence

    def written(self, at: datetime) -> Spent:
        return replace(self, minute=self.minute + 1, hour=self.hour + 1, last_write=at)


def write_wait_s(spent: Spent, rates: Rates, now: datetime) -> float:
    """Before something is created or ends: as soon as GitHub's limits allow it."""
    return max(
        _closed_s(spent, now),
        rates.writes.wait_s(spent.minute, spent.last_write, now),
        rates.hour.wait_s(spent.hour, spent.last_write, now),
    )


def progress_wait_s(spent: Spent, rates: Rates, now: datetime) -> float:
    """Before a mere update of what is there: only in a quiet minute, and ever rarer in a crowded hour."""
    quiet = replace(rates.writes, most=rates.writes.burst)
    return max(
        write_wait_s(spent, rates, now),
        quiet.wait_s(spent.minute, spent.last_write, now),
        rates.progress.wait_s(spent.hour, spent.last_write, now),
    )


def read_wait_s(spent: Spent, rates: Rates, now: datetime) -> float:
    return max(_closed_s(spent, now), rates.reads.wait_s(spent.reads, spent.last_read, now))


def _closed_s(spent: Spent, now: datetime) -> float:
    return 0.0 if spent.closed_until is None else max(0.0, (spent.closed_until - now).total_seconds())


def next_change(updates: int, interval: timedelta, now: datetime) -> datetime:
    """When what shows a run may be changed again. The first change after the creation is free: it is the one
    that says "it has begun". Then 1, 2, 4 seconds and so on: what has gone on for long changes less from one
    look to the next."""
    if updates == 0:
        return now
    grown = timedelta(seconds=2 ** min(updates - 1, 10))
    return now + max(interval, min(grown, LONGEST_INTERVAL))
