"""Which leases stand still: judged by one watch, whatever the machines' clocks say."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from bot.desk.leases import Leases
from bot.ids import RunId
from bot.ledger.runs import Held
from tests.scripted import NOON

LEASE = Held(RunId("r1"), 1, NOON)


@dataclass
class Desk:
    """A desk that looks at one lease. `held_up_s` is how long each look takes it."""

    lease: Held = LEASE
    watch: float = 0.0
    held_up_s: float = 0.0
    leases: Leases = field(init=False)

    def __post_init__(self) -> None:
        self.leases = Leases(lambda: self.watch)

    def looks(self) -> list[Held]:
        def look() -> list[Held]:
            self.watch += self.held_up_s
            return [self.lease]

        return self.leases.standing_still(look)

    def looks_after(self, seconds: float) -> list[Held]:
        self.watch += seconds
        return self.looks()

    def renewed(self, by: timedelta) -> None:
        self.lease = replace(self.lease, until=NOON + by)


def test_a_lease_that_stands_still_is_lost() -> None:
    """Fifteen seconds after it was seen first, and not before."""
    desk = Desk()
    assert desk.looks() == []
    assert desk.looks_after(15) == []
    assert desk.looks_after(1) == [LEASE]


@pytest.mark.parametrize("hours", [-1, 0, 1])
def test_a_lease_that_changes_is_held(hours: int) -> None:
    """A worker whose clock is an hour off holds its run like any other, also when its clock jumps."""
    desk = Desk()
    desk.looks()
    desk.renewed(timedelta(hours=hours, seconds=2))

    assert desk.looks_after(14) == []
    assert desk.looks_after(14) == []


def test_a_desk_that_was_held_up_takes_nothing() -> None:
    """What a desk read before it stood still for a minute says nothing about now."""
    desk = Desk()
    desk.looks()
    desk.held_up_s = 60

    assert desk.looks() == []


def test_a_desk_that_slept_looks_again_before_it_judges() -> None:
    """A lease that was renewed meanwhile is a new one to it."""
    desk = Desk()
    desk.looks()
    desk.renewed(timedelta(seconds=2))

    assert desk.looks_after(60) == []


def test_a_new_claim_is_a_new_lease() -> None:
    """The next worker of a run has its own time."""
    desk = Desk()
    desk.looks()
    desk.lease = replace(desk.lease, epoch=3)

    assert desk.looks_after(16) == []
