"""What we may still ask of GitHub: each request passes here first, and waits, or is told when to come."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from bot.errors import Crowded
from bot.ids import InstallationId
from bot.ledger import Ledger
from bot.ledger.requests import Slot
from bot.pace import HOUR, Rates, Spent
from bot.ports import Clock

log = structlog.get_logger(__name__)

BATCH = 25  # reads that are counted in the process before they cost a transaction
TIDY = 50  # transactions between two of which old rows are removed


@dataclass
class _Reads:
    uncounted: int = 0
    crowded: bool = False
    closed_until: datetime | None = None


@dataclass
class Budget:
    """`bot.ports.Pace` over the ledger, so that several desks keep one limit. Safe from any thread."""

    ledger: Ledger
    clock: Clock
    rates: Rates
    pause: Callable[[float], None] = time.sleep
    _reads: dict[InstallationId, _Reads] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _transactions: int = 0

    def look(self, installations: Collection[InstallationId]) -> Mapping[InstallationId, Spent]:
        return self.ledger.requests.look(installations, self.clock.now())

    @contextmanager
    def read(self, installation: InstallationId, *, patience_s: float) -> Iterator[None]:
        """In quiet times a read is only counted, which costs nothing."""
        with self._lock:
            mine = self._reads.setdefault(installation, _Reads())
            known = mine.crowded or mine.closed_until is not None
            free = not known and mine.uncounted + 1 < BATCH
            before, mine.uncounted = mine.uncounted, mine.uncounted + 1 if free else 0
        if not free:
            now = self.clock.now()
            self._wait(
                installation,
                self.ledger.requests.take_read(
                    installation, self.rates, now, patience_s=patience_s, reads=before
                ),
            )
        yield

    @contextmanager
    def write(self, installation: InstallationId, *, patience_s: float) -> Iterator[None]:
        slot = self.ledger.requests.take_write(
            installation,
            self.rates,
            self.clock.now(),
            patience_s=patience_s,
            reads=self._uncounted(installation),
        )
        self._wait(installation, slot)
        try:
            yield
        finally:
            if slot.id is not None and slot.spent.minute >= self.rates.writes.burst:
                self.ledger.requests.ended(slot.id, self.clock.now())

    def close(self, installation: InstallationId, seconds: float) -> None:
        """GitHub asked us to be silent for so long."""
        until = self.clock.now() + min(timedelta(seconds=seconds), HOUR)
        log.warning("github.asks_for_silence", installation=installation, seconds=seconds)
        with self._lock:
            self._reads.setdefault(installation, _Reads()).closed_until = until
        self.ledger.requests.close(installation, until)

    def _uncounted(self, installation: InstallationId) -> int:
        with self._lock:
            mine = self._reads.setdefault(installation, _Reads())
            reads, mine.uncounted = mine.uncounted, 0
            return reads

    def _wait(self, installation: InstallationId, slot: Slot) -> None:
        with self._lock:
            mine = self._reads.setdefault(installation, _Reads())
            mine.crowded = slot.spent.reads + 2 * BATCH >= self.rates.reads.burst
            mine.closed_until = slot.spent.closed_until
            self._transactions += 1
            tidy = self._transactions % TIDY == 0
        if tidy:
            self.ledger.requests.forget_old(self.clock.now())
        if slot.id is None:
            raise Crowded(slot.wait_s)
        if slot.wait_s > 0:
            self.pause(slot.wait_s)
