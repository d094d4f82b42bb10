"""Claiming against the ledger: in turn, under every limit, also when several claim in the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from bot.ids import RunId
from bot.ledger import Ledger
from bot.limits import Limits
from bot.runs import Run, RunState
from tests.scripted import NOON, begun, commands

PLAN = commands("make")


def claim(ledger: Ledger, worker: int = 1) -> Run | None:
    return ledger.runs.claim_next(worker=f"hands:{worker}", seal_key=b"k", now=NOON)


def a_claim(ledger: Ledger) -> Run:
    found = claim(ledger)
    assert found is not None
    return found


def waiting(ledger: Ledger, count: int, **limits: int) -> list[RunId]:
    return [begun(ledger, PLAN, limits=Limits(**limits)) for _ in range(count)]


def test_many_claimers_at_once_never_exceed_a_limit(ledger: Ledger) -> None:
    """Eight workers that claim at the same moment get three runs where three may go."""
    waiting(ledger, 8, repository_runs=3)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda worker: claim(ledger, worker), range(8)))

    assert len({run.id for run in found if run is not None}) == 3
    assert [run.state for run in ledger.runs.open()].count(RunState.RUNNING) == 3


def test_many_claimers_at_once_each_get_a_run(ledger: Ledger) -> None:
    """Where there is room for all, nobody leaves with empty hands, and no run is taken twice."""
    runs = waiting(ledger, 8)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda worker: claim(ledger, worker), range(8)))

    assert sorted(run.id for run in found if run is not None) == sorted(runs)


def test_room_that_became_free_is_taken(ledger: Ledger) -> None:
    """The next one starts when one has ended."""
    waiting(ledger, 2, repository_runs=1)
    first = a_claim(ledger)
    nobody = claim(ledger)

    ledger.runs.end(first.id, first.epoch, RunState.SUCCEEDED, NOON)

    assert nobody is None
    assert a_claim(ledger).id != first.id


def test_a_run_whose_pull_request_is_being_made_is_busy(ledger: Ledger) -> None:
    """It counts until its end."""
    waiting(ledger, 2, repository_runs=1)
    first = a_claim(ledger)

    ledger.runs.hand_to_desk(first.id, first.epoch, NOON)

    assert claim(ledger) is None


def test_only_what_may_start_is_reminded_of(ledger: Ledger) -> None:
    """A long queue behind a limit makes no noise."""
    waiting(ledger, 5, repository_runs=2)

    may_start = ledger.runs.may_start(NOON, 10)

    later = NOON + timedelta(minutes=1)
    assert len(may_start) == 2
    assert sorted(ledger.runs.remind(RunState.QUEUED, later, *may_start)) == sorted(may_start)
