"""Upgrading: what the first version wrote down, the newest one reads, shows, goes on with and does again."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.deliveries import Delivery
from bot.errors import UserError
from bot.events import Pinged
from bot.ids import RunId
from bot.ledger import Ledger
from bot.ledger.attempts import NewAttempt
from bot.ledger.audit import AuditLine
from bot.ledger.chain import Head
from bot.ledger.engine import open_engine, upgrade, writing
from bot.ledger.surfaces import SurfaceKind
from bot.limits import Limits
from bot.ports import Annotation, Changes, FileChange, FileMode, Level
from bot.runs import Run, RunState, StepState
from tests.first_ledger import BUSY, ENDED, PATCH, ROWS, WAITING, write_first_ledger
from tests.scripted import NOON, WILL, commands

SECOND = timedelta(seconds=1)
OLD_CHANGES = Changes(
    (FileChange("VERSION", FileMode.FILE, b"1.1.0\n"), FileChange("old.txt", FileMode.FILE, None)), PATCH
)


@pytest.fixture
def old(ledger_url: str) -> Iterator[Ledger]:
    """The ledger of the first version, brought to each later shape in turn and opened by the newest code."""
    engine = open_engine(ledger_url)
    write_first_ledger(engine)
    upgrade(engine, to="0002")
    upgrade(engine, to="0003")
    upgrade(engine, to="0004")
    engine.dispose()
    opened = Ledger(ledger_url)
    yield opened
    opened.close()


def run_of(ledger: Ledger, run: str) -> Run:
    found = ledger.runs.get(RunId(run))
    assert found is not None
    return found


def test_every_table_of_the_first_version_is_tried() -> None:
    """The example has rows for each, so that nothing is upgraded untested."""
    assert sorted(ROWS) == [
        *("annotations", "audit", "changes", "deliveries", "journal", "meta"),
        *("runs", "steps", "surfaces"),
    ]


def test_runs_are_read_as_they_were(old: Ledger) -> None:
    """What came later has the value that changes nothing."""
    run = run_of(old, ENDED)

    assert (run.state, run.reason, run.notes) == (RunState.FAILED, "Step 2 failed.", ("A note.",))
    assert run.plan == replace(commands("make", "make test"), reader="shell")
    assert [(step.state, step.exit_code) for step in run.steps] == [
        (StepState.SUCCEEDED, 0),
        (StepState.FAILED, 2),
    ]
    assert (run.cancelled_by, run.attempt, run.limits) == ("", 1, Limits())


def test_what_a_run_left_is_there(old: Ledger) -> None:
    """Its patch byte for byte, its annotations, its log."""
    run = RunId(ENDED)

    assert old.runs.changes(run) == OLD_CHANGES
    assert old.runs.annotations(run, 0, 50) == (Annotation("a.py", 3, Level.FAILURE, "wrong"),)
    assert [entry.text for entry in old.journals.read(run, after=2)] == ["hel", "lo\n", "failed"]
    assert old.journals.tails(run, 2) == {0: "hello\n"}


def test_what_was_not_attended_to_is_due(old: Ledger) -> None:
    """And what was delivered once is a duplicate still."""
    again = Delivery("guid-1", "content-1", "ping", Pinged("Keep it logically awesome."))

    assert old.deliveries.due(NOON) == [2]
    assert old.deliveries.take(2, NOON) == Pinged("Keep it logically awesome.")
    assert old.deliveries.store([again], NOON) == [None]


def test_what_was_not_shown_is_shown(old: Ledger) -> None:
    """The surfaces of the waiting run and the reply; what shows the truth is left alone."""
    due = old.surfaces.claim_due(NOON)

    assert [(surface.kind, surface.run) for surface in due] == [
        (SurfaceKind.CHECK_RUN, WAITING),
        (SurfaceKind.REPLY, None),
        (SurfaceKind.COMMENT, WAITING),
    ]


def test_a_waiting_run_is_claimed(old: Ledger) -> None:
    """Under its next epoch."""
    run = old.runs.claim_next(worker="hands:2", seal_key=b"k", now=NOON)

    assert run is not None
    assert (run.id, run.epoch, run.state) == (WAITING, 1, RunState.RUNNING)


def test_a_run_that_went_during_the_upgrade_is_not_forgotten(old: Ledger) -> None:
    """The first version knew no leases: nobody can say that its worker lives, so the run is taken over."""
    (held,) = old.runs.held()
    taken = old.runs.take_from(held)
    assert taken is not None
    assert taken.id == BUSY


def test_an_ended_run_is_done_again_with_what_it_had(old: Ledger) -> None:
    """A retry keeps the step that succeeded and its files, and archives the attempt before."""
    past = run_of(old, ENDED)
    new = NewAttempt(
        run=past,
        key="retry:1",
        requester=WILL,
        request_url=past.request_url,
        target=past.target,
        steps=(1,),
        state=RunState.QUEUED,
        limits=past.limits,
    )

    run = old.attempts.begin(new, NOON + SECOND)

    assert run is not None
    assert (run.attempt, [step.state for step in run.steps]) == (2, [StepState.SUCCEEDED, StepState.PENDING])
    assert old.runs.changes(run.id, before=2) == OLD_CHANGES
    assert [(each.number, each.state, each.reason) for each in old.attempts.of(run)] == [
        (1, RunState.FAILED, "Step 2 failed.")
    ]
    assert {surface.remote_id for surface in old.surfaces.claim_due(NOON + SECOND)} == {None, 501, 502}


def test_a_ledger_of_a_newer_version_gets_a_sentence(ledger_url: str) -> None:
    """Who goes back a version hears what to do, and nothing is changed."""
    Ledger(ledger_url).close()
    with writing(open_engine(ledger_url)) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(UserError, match="restore the backup from before the update"):
        Ledger(ledger_url)


def test_who_was_allowed_what_is_kept(old: Ledger) -> None:
    """And our name, by which containers are known as ours."""
    assert [(line.actor, line.what, line.verdict) for line in old.audit.lines()] == [
        ("writer-will", "run", "allowed"),
        ("reader-rosa", "run", "refused"),
    ]
    assert old.instance() == "abcdef012345"


def test_verdicts_of_before_are_chained(old: Ledger) -> None:
    """The trail is whole after the upgrade, and the next verdict follows the old ones."""
    before = old.audit.verify()
    old.audit.write(AuditLine(NOON, WILL.login, WILL.id, "acme/shop", 7, "run", "refused", "No."))
    after = old.audit.verify()

    assert isinstance(before, Head)
    assert isinstance(after, Head)
    assert (before.count, after.count) == (len(ROWS["audit"]), len(ROWS["audit"]) + 1)
    assert [link.content and link.content["previous"] for link in old.audit.links()][-1] == before.hash


def test_ledgers_are_opened_by_several_threads_at_once(tmp_path: Path) -> None:
    """Each is brought to the newest shape, whoever else is at it in this process."""

    def opened(number: int) -> int:
        ledger = Ledger(f"sqlite:///{tmp_path / f'{number}.db'}")
        found = len(list(ledger.runs.all()))
        ledger.close()
        return found

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(opened, range(16))) == [0] * 16
