"""Locks in the ledger: one holder at a time, renewed by the same person, in the way of others."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import text

from bot.ids import Login, Person
from bot.ledger import Ledger
from bot.ledger.engine import open_engine, writing
from bot.locks import Holder, Lock
from bot.runs import Run, RunState
from tests.scripted import NOON, PLACE, WILL, begun, commands

HOUR = timedelta(hours=1)
WENDY = Person(4, Login("writer-wendy"))
PLAN = replace(commands("make"), environment="production")


def wanted(person: Person = WENDY, *, name: str = "production") -> Lock:
    return Lock(PLACE.repo_id, name, Holder(person, 7, "A release."), NOON, NOON + HOUR)


def claim(ledger: Ledger) -> Run | None:
    return ledger.runs.claim_next(worker="hands:1", seal_key=b"k", now=NOON)


def test_a_lock_is_taken_once(ledger: Ledger) -> None:
    """Of many who want it at the same moment one gets it, and the others are told who."""
    people = [Person(number, Login(f"p{number}")) for number in range(10, 16)]

    with ThreadPoolExecutor(6) as pool:
        before = list(pool.map(lambda person: ledger.locks.take(wanted(person)), people))

    (held,) = ledger.locks.of(PLACE.repo_id, NOON)
    assert before.count(None) == 1
    assert set(before) == {None, held}


def test_the_same_person_renews(ledger: Ledger) -> None:
    """It goes on from when it was first taken, until the new end."""
    ledger.locks.take(wanted())

    ledger.locks.take(replace(wanted(), taken_at=NOON + HOUR / 2, until=NOON + 3 * HOUR))

    assert ledger.locks.of(PLACE.repo_id, NOON + 2 * HOUR) == (replace(wanted(), until=NOON + 3 * HOUR),)


def test_what_is_over_is_free_for_the_next(ledger: Ledger) -> None:
    """Nobody has to unlock, and an ended lock is shown no more."""
    ledger.locks.take(wanted())
    later = NOON + 2 * HOUR

    assert ledger.locks.of(PLACE.repo_id, later) == ()
    assert ledger.locks.take(replace(wanted(WILL), taken_at=later, until=later + HOUR)) is None


def test_giving_back_takes_only_what_was_meant(ledger: Ledger) -> None:
    """A lock that somebody took meanwhile stays."""
    ledger.locks.take(wanted())

    ledger.locks.release(wanted(WILL))
    (still,) = ledger.locks.of(PLACE.repo_id, NOON)
    ledger.locks.release(still)

    assert ledger.locks.of(PLACE.repo_id, NOON) == ()


def test_a_lock_keeps_a_run_of_another_person_waiting(ledger: Ledger) -> None:
    """Until it is given back."""
    run = begun(ledger, PLAN)
    ledger.locks.take(wanted(WENDY))
    kept = claim(ledger)

    ledger.locks.release(wanted(WENDY))

    claimed = claim(ledger)
    assert kept is None
    assert claimed is not None
    assert claimed.id == run


def test_the_holder_s_own_run_passes(ledger: Ledger) -> None:
    """Whoever locked it wants to work there."""
    begun(ledger, PLAN)
    ledger.locks.take(wanted(WILL))

    assert claim(ledger) is not None


def test_a_row_that_nobody_can_read_blocks_until_it_is_taken_away(ledger: Ledger, ledger_url: str) -> None:
    """Whatever stands in it, and however long ago it was to end."""
    begun(ledger, PLAN)
    ledger.locks.take(wanted(WILL))
    engine = open_engine(ledger_url)
    with writing(engine) as connection:
        connection.execute(text("UPDATE locks SET held = '{', until = 0"))
    engine.dispose()
    kept = claim(ledger)

    (broken,) = ledger.locks.of(PLACE.repo_id, NOON)
    refused = ledger.locks.take(wanted(WILL))
    ledger.locks.release(broken)

    assert (kept, broken.held, refused) == (None, None, broken)
    assert claim(ledger) is not None


def test_two_runs_of_one_environment_never_go_together(ledger: Ledger) -> None:
    """However many workers there are; the run holds it until its very end."""
    first, second = begun(ledger, PLAN), begun(ledger, PLAN)

    with ThreadPoolExecutor(6) as pool:
        found = [run for run in pool.map(lambda _: claim(ledger), range(6)) if run is not None]
    (run,) = found
    ledger.runs.hand_to_desk(run.id, run.epoch, NOON)
    while_publishing = claim(ledger)
    ledger.runs.end(run.id, run.epoch, RunState.SUCCEEDED, NOON)

    following = claim(ledger)
    assert while_publishing is None
    assert following is not None
    assert {run.id, following.id} == {first, second}
