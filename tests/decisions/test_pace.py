"""How long the next request to GitHub waits, from what was spent."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.pace import Rates, Spent, progress_wait_s, read_wait_s, write_wait_s
from tests.scripted import NOON

RATES = Rates.of(75)


def spent(*, minute: int = 0, hour: int = 0, ago_s: float = 0.0) -> Spent:
    """So many writes, the newest of them some seconds ago."""
    return Spent(minute=minute, hour=max(hour, minute), last_write=NOON - timedelta(seconds=ago_s))


def test_the_numbers_stay_below_those_of_github() -> None:
    """80 writes a minute, 500 an hour, 900 points a minute, a second between many writes."""
    assert RATES.writes.most <= 75
    assert RATES.hour.most <= 470
    assert 5 * RATES.writes.most + RATES.reads.most < 900
    assert RATES.writes.gap_s == 1.0
    assert RATES.writes.burst + 60 / RATES.writes.gap_s <= RATES.writes.most
    assert RATES.reads.burst + 60 / RATES.reads.gap_s <= RATES.reads.most


@pytest.mark.parametrize(
    ("so_far", "wait"),
    [
        (Spent(), 0.0),
        (spent(minute=14), 0.0),
        (spent(minute=15), 1.0),
        (spent(minute=15, ago_s=0.4), 0.6),
        (spent(minute=15, ago_s=1.0), 0.0),
        (spent(minute=15, ago_s=-2.0), 3.0),
        (spent(minute=75, ago_s=3.0), 5.0),
        (spent(hour=469), 0.0),
        (spent(hour=470), 5.0),
    ],
)
def test_writes_come_in_a_burst_and_then_one_a_second(so_far: Spent, wait: float) -> None:
    """Fifteen at once, then each a second after the one before, even when that one is still to come."""
    assert write_wait_s(so_far, RATES, NOON) == pytest.approx(wait)


@pytest.mark.parametrize(
    ("so_far", "waits"),
    [
        (spent(minute=14), False),
        (spent(minute=15, ago_s=2), True),
        (spent(hour=116), False),
        (spent(hour=118, ago_s=20), True),
        (spent(hour=118, ago_s=40), False),
        (spent(hour=235, ago_s=40), True),
    ],
)
def test_progress_leaves_room_for_what_matters(so_far: Spent, waits: bool) -> None:
    """Only in a quiet minute; rarer in a crowded hour; never from the half that is kept for the rest."""
    assert (progress_wait_s(so_far, RATES, NOON) > 0) == waits
    assert write_wait_s(so_far, RATES, NOON) == 0.0


def test_many_reads_go_five_a_second() -> None:
    """What decides something hardly waits: 180 reads at once, then one each fifth of a second."""
    assert read_wait_s(Spent(reads=179, last_read=NOON), RATES, NOON) == 0.0
    assert read_wait_s(Spent(reads=180, last_read=NOON), RATES, NOON) == pytest.approx(0.2)


def test_when_github_asks_for_silence_nothing_is_asked() -> None:
    """Neither reads nor writes, until the time that it named."""
    closed = Spent(closed_until=NOON + timedelta(seconds=60))

    assert write_wait_s(closed, RATES, NOON) == 60.0
    assert read_wait_s(closed, RATES, NOON) == 60.0
    assert progress_wait_s(closed, RATES, NOON) == 60.0
    assert write_wait_s(closed, RATES, NOON + timedelta(seconds=61)) == 0.0


def test_an_enterprise_server_without_limits_is_not_slowed_down() -> None:
    """One number raises all of them."""
    rates = Rates.of(100_000)

    assert write_wait_s(spent(minute=9_000, hour=300_000), rates, NOON) == 0.0
    assert progress_wait_s(spent(minute=9_000, hour=100_000), rates, NOON) == 0.0
