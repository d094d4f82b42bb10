"""The count of requests: one number for all desks, kept for an hour, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from bot.budget import BATCH, Budget
from bot.errors import Crowded
from bot.ids import InstallationId
from bot.ledger import Ledger
from bot.pace import Rates
from tests.scripted import NOON, PLACE, Clock

OURS, THEIRS = PLACE.installation, InstallationId(12)
RATES = Rates.of(75)


def write(ledger: Ledger, *, patience_s: float = 0.0, after_s: float = 0.0) -> float | None:
    """Take room for a write; how long it waits, None when there is none."""
    now = NOON + timedelta(seconds=after_s)
    slot = ledger.requests.take_write(OURS, RATES, now, patience_s=patience_s)
    return None if slot.id is None else slot.wait_s


def test_desks_that_write_together_get_no_more_than_one_would(ledger: Ledger) -> None:
    """Forty at the same moment: fifteen go, and nobody is told that there is room when there is none."""
    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(lambda _: write(ledger), range(40)))

    assert (waits.count(0.0), waits.count(None)) == (15, 25)


def test_who_waits_keeps_the_place(ledger: Ledger) -> None:
    """Whoever is patient is served in order, a second after the one before."""
    for _ in range(15):
        write(ledger)

    assert [write(ledger, patience_s=5), write(ledger, patience_s=5), write(ledger)] == [1.0, 2.0, None]


def test_the_gap_counts_from_the_answer(ledger: Ledger) -> None:
    """A write that was long on its way is not followed at once by the next."""
    for _ in range(14):
        write(ledger)
    last = ledger.requests.take_write(OURS, RATES, NOON, patience_s=0)
    assert last.id is not None

    ledger.requests.ended(last.id, NOON + timedelta(seconds=3))

    assert write(ledger, patience_s=5, after_s=3.5) == pytest.approx(0.5)


def test_a_minute_later_there_is_room_again(ledger: Ledger) -> None:
    """And installations do not share a budget."""
    for _ in range(15):
        write(ledger)
    spent = ledger.requests.look([OURS, THEIRS], NOON)

    assert (spent[OURS].minute, spent[THEIRS].minute) == (15, 0)
    assert write(ledger, after_s=61) == 0.0
    assert ledger.requests.look([OURS], NOON + timedelta(seconds=61))[OURS].hour == 16


def test_a_clock_that_was_set_back_closes_nothing(ledger: Ledger) -> None:
    """What was written in a future that did not come does not count."""
    for _ in range(20):
        write(ledger, after_s=3600, patience_s=30)

    assert write(ledger) == 0.0


def test_what_is_old_is_forgotten(ledger: Ledger) -> None:
    """Writes after an hour, reads after a minute."""
    write(ledger)
    ledger.requests.take_read(OURS, RATES, NOON, patience_s=0, reads=30)
    later = NOON + timedelta(minutes=59)

    ledger.requests.forget_old(later)
    assert (
        ledger.requests.look([OURS], NOON + timedelta(seconds=1))[OURS]
        == (ledger.requests.look([OURS], NOON)[OURS])
    )
    assert ledger.requests.look([OURS], NOON)[OURS].reads == 0
    assert ledger.requests.look([OURS], NOON)[OURS].hour == 1


# --- the budget, as the client sees it -----------------------------------------------------------------


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def budget(ledger: Ledger, clock: Clock) -> Budget:
    return Budget(ledger, clock, RATES, pause=clock.goes_on)


def test_quiet_reads_cost_no_transaction(ledger: Ledger, budget: Budget) -> None:
    """They are counted in the process, and written down with the next write."""
    for _ in range(BATCH - 1):
        with budget.read(OURS, patience_s=0):
            pass
    before = ledger.requests.look([OURS], NOON)[OURS].reads

    with budget.write(OURS, patience_s=0):
        pass

    assert (before, ledger.requests.look([OURS], NOON)[OURS].reads) == (0, BATCH - 1)


def test_a_thousand_reads_keep_the_limit(budget: Budget, clock: Clock) -> None:
    """They go on at five a second, and none is refused."""
    for _ in range(1000):
        with budget.read(OURS, patience_s=10):
            pass

    assert (clock.now() - NOON).total_seconds() > 60 * (1000 - RATES.reads.most) / RATES.reads.most


def test_thirty_patient_writes_take_a_second_each_after_the_burst(budget: Budget, clock: Clock) -> None:
    """Fifteen at once, fifteen more in fifteen seconds."""
    for _ in range(30):
        with budget.write(OURS, patience_s=10):
            pass

    assert (clock.now() - NOON).total_seconds() == pytest.approx(15.0)


def test_the_impatient_are_told_when_to_come_back(budget: Budget) -> None:
    """Nothing was done, and nobody slept."""
    for _ in range(15):
        with budget.write(OURS, patience_s=0):
            pass

    with pytest.raises(Crowded) as crowded, budget.write(OURS, patience_s=0.5):
        raise AssertionError("There is no room.")
    assert crowded.value.retry_after_s == pytest.approx(1.0)


def test_silence_that_github_asks_for_is_kept_by_every_desk(
    ledger: Ledger, budget: Budget, clock: Clock
) -> None:
    """A second desk on the same ledger does not write either, and both go on when the time is over."""
    budget.close(OURS, 60)
    other = Budget(ledger, clock, RATES, pause=clock.goes_on)

    with pytest.raises(Crowded), other.write(OURS, patience_s=10):
        raise AssertionError("There is no room.")
    with pytest.raises(Crowded), budget.read(OURS, patience_s=10):
        raise AssertionError("There is no room.")
    clock.goes_on(61)
    with other.write(OURS, patience_s=0), budget.read(OURS, patience_s=0):
        pass
