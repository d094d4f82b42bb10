"""A lease: renewed while the work goes on; whoever works hears of a cancellation and of a loss."""

from __future__ import annotations

import threading
import time

from bot.lease import Lease
from bot.ledger import Ledger
from bot.runs import RunState
from tests.scripted import NOON, Clock, claimed


class Taps:
    """Signals of one process: a tap wakes who waits."""

    def __init__(self) -> None:
        self._tapped = threading.Event()

    def tell(self, topic: str) -> None:
        self._tapped.set()

    def wait(self, topic: str, timeout_s: float) -> bool:
        told = self._tapped.wait(timeout_s)
        self._tapped.clear()
        return told


def test_whoever_works_hears_of_a_cancellation(ledger: Ledger) -> None:
    """The stop is called as soon as somebody cancelled, and who it was is known."""
    run, taps, stopped = claimed(ledger), Taps(), threading.Event()

    with Lease(run, ledger=ledger, signals=taps, clock=Clock()) as lease:
        lease.when_over(stopped.set)
        ledger.runs.ask_cancel(run.id, "wendy", NOON)
        taps.tell("cancel")
        assert stopped.wait(2)

    assert lease.cancelled_by == "wendy"


def test_a_stop_that_comes_late_is_called_at_once(ledger: Ledger) -> None:
    """What begins after the cancellation is stopped right away."""
    run, stopped = claimed(ledger), threading.Event()
    ledger.runs.ask_cancel(run.id, "wendy", NOON)

    with Lease(run, ledger=ledger, signals=Taps(), clock=Clock()) as lease:
        seen = threading.Event()
        lease.when_over(seen.set)
        assert seen.wait(2)
        lease.when_over(stopped.set)

        assert stopped.is_set()


def test_whoever_lost_the_run_hears_of_it(ledger: Ledger) -> None:
    """When another epoch has begun, the worker of the old one is stopped."""
    run, taps, stopped = claimed(ledger), Taps(), threading.Event()

    with Lease(run, ledger=ledger, signals=taps, clock=Clock()) as lease:
        lease.when_over(stopped.set)
        ledger.runs.begin_again(run, "It began again.", NOON)
        taps.tell("look")

        assert stopped.wait(2)
    assert lease.cancelled_by == ""


def test_the_end_of_the_work_is_the_end_of_the_lease(ledger: Ledger) -> None:
    """Leaving does not wait for the next renewal."""
    run = claimed(ledger)
    began = time.monotonic()

    with Lease(run, ledger=ledger, signals=Taps(), clock=Clock()):
        ledger.runs.end(run.id, run.epoch, RunState.SUCCEEDED, NOON)

    assert time.monotonic() - began < 1
