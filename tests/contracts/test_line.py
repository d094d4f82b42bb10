"""The line of waiting runs in the ledger: what each may expect, and when a report of it is out of date."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.admission import Wait, Why
from bot.forecast import Outlook, Usual
from bot.ids import RunId
from bot.ledger import Ledger
from bot.limits import Limits
from bot.runs import Run, RunState
from tests.scripted import NOON, begun, commands, taken

PLAN = commands("make")
ALONE = Limits(repository_runs=1)


def waiting(ledger: Ledger) -> Run:
    """A queued run behind one that is busy."""
    found = ledger.runs.get(begun(ledger, PLAN, limits=ALONE))
    assert found is not None
    return found


def past(ledger: Ledger, seconds: float, *, other: str = "make") -> None:
    run = taken(ledger, begun(ledger, commands(other), limits=ALONE))
    ledger.runs.end(run.id, run.epoch, RunState.SUCCEEDED, NOON + timedelta(seconds=seconds))


def version(ledger: Ledger, run: RunId) -> int:
    found = ledger.runs.get(run)
    assert found is not None
    return found.version


def test_a_run_is_foretold_from_those_of_the_same_plan(ledger: Ledger) -> None:
    """And its start from those of its repository."""
    past(ledger, 10)
    past(ledger, 20)
    past(ledger, 30)
    past(ledger, 1000, other="other")
    taken(ledger, begun(ledger, PLAN, limits=ALONE))

    found = ledger.line.outlook(waiting(ledger), NOON)

    assert found == Outlook(Wait(Why.REPOSITORY), Usual(20, 30), 10)


def test_a_run_that_goes_has_no_outlook(ledger: Ledger) -> None:
    """It waits no more."""
    run = taken(ledger, begun(ledger, PLAN))

    assert ledger.line.outlook(run, NOON) is None


def test_a_place_that_changed_makes_a_report_stale(ledger: Ledger) -> None:
    """Once: what was looked at and is the same again changes nothing."""
    first = taken(ledger, begun(ledger, PLAN, limits=ALONE))
    run = waiting(ledger)
    ledger.line.note(NOON)
    before = version(ledger, run.id)

    assert ledger.line.note(NOON) == 0
    ledger.runs.end(first.id, first.epoch, RunState.SUCCEEDED, NOON)
    assert ledger.line.note(NOON) == 1
    assert version(ledger, run.id) == before + 1


def test_who_may_start_at_once_is_told_nothing_new(ledger: Ledger) -> None:
    """The first report of a run that does not wait for anything stays true."""
    run = waiting(ledger)

    assert ledger.line.note(NOON) == 0
    assert version(ledger, run.id) == run.version


def test_an_empty_line_costs_nothing(ledger: Ledger) -> None:
    """Where nobody waits nothing is written."""
    taken(ledger, begun(ledger, replace(PLAN, environment="production")))

    assert ledger.line.note(NOON) == 0
