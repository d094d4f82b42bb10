"""Holding a run: its lease is renewed while its worker works, and the worker hears when it must stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import structlog

from bot.ids import RunId
from bot.ledger import Ledger
from bot.ledger.fence import FencedError
from bot.ledger.runs import LEASE
from bot.ports import Clock, Signals
from bot.runs import Run

log = structlog.get_logger(__name__)

RENEW_S = 2.0  # far below LEASE, because a cancellation whose tap was lost is seen here


class Lease:
    """A context manager around the work on one claimed run. Its thread ends with it."""

    def __init__(self, run: Run, *, ledger: Ledger, signals: Signals, clock: Clock) -> None:
        self._run = run
        self._ledger = ledger
        self._signals = signals
        self._clock = clock
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._stops: list[Callable[[], None]] = []
        self._must_stop = False
        self.cancelled_by = ""
        self._keeper = threading.Thread(target=self._keep, name=f"lease-{run.id}", daemon=True)

    def __enter__(self) -> Lease:
        self._keeper.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._signals.tell(cancel_topic(self._run.id))  # wakes our own thread, and is nothing to others
        self._keeper.join()

    def when_over(self, stop: Callable[[], None]) -> None:
        """Call this when the run is cancelled or lost; at once when it is already."""
        with self._lock:
            self._stops.append(stop)
            late = self._must_stop
        if late:
            stop()

    def _keep(self) -> None:
        held_until = time.monotonic() + LEASE.total_seconds()
        while not self._over.is_set():
            try:
                self.cancelled_by = self._ledger.runs.renew(self._run.id, self._run.epoch, self._clock.now())
                held_until = time.monotonic() + LEASE.total_seconds()
            except FencedError:
                self._stop("lost")
                return
            except Exception as error:  # the ledger is away: whoever cannot renew must end in time
                log.warning("lease.not_renewed", run=self._run.id, why=repr(error))
            if self.cancelled_by or time.monotonic() > held_until - RENEW_S:
                self._stop("cancelled" if self.cancelled_by else "not renewed in time")
                return
            self._signals.wait(cancel_topic(self._run.id), RENEW_S)

    def _stop(self, why: str) -> None:
        log.info("lease.over", run=self._run.id, why=why)
        with self._lock:
            self._must_stop = True
            stops = list(self._stops)
        for stop in stops:
            stop()


def cancel_topic(run: RunId) -> str:
    return f"cancel:{run}"
