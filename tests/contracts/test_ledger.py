"""The ledger: what is accepted stays, what is claimed is fenced, what has ended does not change."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from pydantic import TypeAdapter
from sqlalchemy import MetaData, Table

from bot.deliveries import Delivery
from bot.errors import UserError
from bot.events import Pinged
from bot.ids import RunId, new_run_id
from bot.journal import EntryKind
from bot.ledger import Ledger
from bot.ledger.engine import open_engine, upgrade, writing
from bot.ledger.fence import FencedError
from bot.ledger.runs import NewRun
from bot.ledger.schema import metadata
from bot.ledger.surfaces import NewSurface, Shown, SurfaceKind
from bot.limits import Limits
from bot.ports import Annotation, Changes, FileChange, FileMode, Level
from bot.runs import RunState, StepState, Target
from tests.scripted import NOON, PLACE, WILL, a_run, commands

SECOND = timedelta(seconds=1)


def delivery(guid: str, content_key: str) -> Delivery:
    return Delivery(guid, "ping", content_key, Pinged("Keep it logically awesome."))


def begin(ledger: Ledger, ask_key: str = "comment:1:0") -> RunId | None:
    plan = commands("one", "two")
    run = new_run_id()
    surface = NewSurface(f"check_run:{run}", SurfaceKind.CHECK_RUN, PLACE, 7, run=run)
    begun = ledger.runs.begin(
        NewRun(run, ask_key, a_run(plan).target, WILL, "https://github.test/c/1", plan, Limits(), "key"),
        [surface],
        NOON,
    )
    return None if begun is None else begun.id


def begun(ledger: Ledger) -> RunId:
    run = begin(ledger)
    assert run is not None
    return run


def claim(ledger: Ledger, run: RunId) -> int:
    claimed = ledger.runs.claim(run, worker="hands:1", seal_key=b"k", now=NOON)
    assert claimed is not None
    return claimed.epoch


def test_the_migrations_make_the_tables_that_the_code_knows(ledger_url: str) -> None:
    """A ledger that was brought up to date has exactly the shape of the schema."""
    Ledger(ledger_url).close()

    with open_engine(ledger_url).connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_a_run_of_the_first_version_is_still_there_after_an_upgrade(ledger_url: str) -> None:
    """Rows written under the first migration are read as they were by the newest code."""
    engine = open_engine(ledger_url)
    upgrade(engine, to="0001")
    plan = commands("one")
    old = Table("runs", MetaData(), autoload_with=engine)
    with writing(engine) as connection:
        connection.execute(
            old.insert().values(
                id="abcdefghjk",
                ask_key="ask",
                version=3,
                epoch=1,
                state="succeeded",
                installation=11,
                repo_id=1001,
                repo="acme/shop",
                number=7,
                sha="a" * 40,
                target=TypeAdapter(Target).dump_python(a_run(plan).target, mode="json"),
                requester_id=3,
                requester_login="writer-will",
                request_url="https://github.test/c/1",
                plan=plan.canonical_json(),
                plan_reader="shell",
                digest=plan.digest,
                limits={},
                image="",
                page_key="key",
                queued_at=0,
                reason="",
                notes=[],
                due_at=0,
            )
        )
    engine.dispose()

    opened = Ledger(ledger_url)
    found = opened.runs.get(RunId("abcdefghjk"))
    opened.close()

    assert found is not None
    assert (found.state, found.plan, found.cancelled_by) == (RunState.SUCCEEDED, replace(plan), "")


def test_a_delivery_is_stored_once_by_its_guid(ledger: Ledger) -> None:
    """The same GUID again is a duplicate, whatever it carries."""
    assert ledger.deliveries.store([delivery("g1", "c1"), delivery("g1", "c2")], NOON) == [1, None]


def test_a_delivery_is_stored_once_by_what_happened(ledger: Ledger) -> None:
    """The same happening under another GUID is a duplicate: headers are not signed."""
    assert ledger.deliveries.store([delivery("g1", "c1"), delivery("g2", "c1")], NOON) == [1, None]


def test_a_delivery_is_taken_by_one(ledger: Ledger) -> None:
    """Whoever comes second gets nothing while the first is at it."""
    ledger.deliveries.store([delivery("g1", "c1")], NOON)

    assert ledger.deliveries.take(1, NOON) == Pinged("Keep it logically awesome.")
    assert ledger.deliveries.take(1, NOON + SECOND) is None


def test_a_delivery_that_nobody_closed_is_due_again(ledger: Ledger) -> None:
    """A delivery whose handler died is found by the sweeper after a minute."""
    ledger.deliveries.store([delivery("g1", "c1")], NOON)
    ledger.deliveries.take(1, NOON)

    assert ledger.deliveries.due(NOON + 30 * SECOND) == []
    assert ledger.deliveries.due(NOON + 61 * SECOND) == [1]


def test_a_delivery_that_never_works_is_given_up(ledger: Ledger) -> None:
    """After its last attempt a delivery is failed, with the last reason kept."""
    ledger.deliveries.store([delivery("g1", "c1")], NOON)
    moments = [NOON + hour * timedelta(hours=1) for hour in range(6)]
    hopes = [
        ledger.deliveries.take(1, moment) is not None and ledger.deliveries.postpone(1, "down", moment)
        for moment in moments
    ]

    assert hopes == [True] * 5 + [False]
    assert ledger.deliveries.outcomes() == [("ping", "failed", "down")]


def test_one_command_begins_one_run(ledger: Ledger) -> None:
    """A second run under the same key is refused, and leaves no surface behind."""
    assert begin(ledger) is not None
    assert begin(ledger) is None
    assert len(ledger.surfaces.all()) == 1


def test_one_of_many_claims_a_run(ledger: Ledger) -> None:
    """Of eight workers that claim a run at the same moment exactly one gets it."""
    run = begun(ledger)

    def attempt(worker: int) -> bool:
        return ledger.runs.claim(run, worker=str(worker), seal_key=b"k", now=NOON) is not None

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(attempt, range(8))) == [False] * 7 + [True]


def change(ledger: Ledger, run: RunId, epoch: int) -> None:
    ledger.journals.append(run, epoch, NOON, [(EntryKind.OUT, 0, "x")])


def end(ledger: Ledger, run: RunId, epoch: int) -> None:
    ledger.runs.end(run, epoch, RunState.SUCCEEDED, NOON)


def keep(ledger: Ledger, run: RunId, epoch: int) -> None:
    ledger.runs.keep(run, epoch, Changes((), b""), [])


@pytest.mark.parametrize("write", [change, end, keep])
def test_a_worker_of_an_older_epoch_changes_nothing(
    ledger: Ledger, write: Callable[[Ledger, RunId, int], None]
) -> None:
    """Every write of hands is fenced by the epoch of its claim."""
    run = begun(ledger)
    epoch = claim(ledger, run)
    before = ledger.runs.get(run)

    with pytest.raises(FencedError):
        write(ledger, run, epoch - 1)
    assert ledger.runs.get(run) == before


def test_a_lease_that_is_renewed_does_not_lapse(ledger: Ledger) -> None:
    """A run counts as lost fifteen seconds after its last renewal, not before."""
    run = begun(ledger)
    epoch = claim(ledger, run)

    ledger.runs.renew(run, epoch, NOON + 10 * SECOND)

    assert ledger.runs.lapsed(NOON + 24 * SECOND) == ()
    assert [each.id for each in ledger.runs.lapsed(NOON + 26 * SECOND)] == [run]


def test_a_run_that_begins_again_is_out_of_reach_of_its_old_worker(ledger: Ledger) -> None:
    """Back in the queue it has a new epoch, fresh steps and its history; the old worker changes nothing."""
    run = begun(ledger)
    epoch = claim(ledger, run)
    lost = ledger.runs.get(run)
    assert lost is not None

    ledger.runs.begin_again(lost, "It began again.", NOON)

    again = ledger.runs.get(run)
    assert again is not None
    assert (again.state, again.notes) == (RunState.QUEUED, ("It began again.",))
    with pytest.raises(FencedError):
        ledger.runs.renew(run, epoch, NOON)
    with pytest.raises(FencedError):
        change(ledger, run, epoch)


def test_a_run_that_begins_again_may_bring_back_changes_again(ledger: Ledger) -> None:
    """What a lost worker had already kept makes room for what the next one brings."""
    run = begun(ledger)
    keep(ledger, run, claim(ledger, run))
    lost = ledger.runs.get(run)
    assert lost is not None
    ledger.runs.begin_again(lost, "It began again.", NOON)

    again = Changes((FileChange("a", FileMode.FILE, b"a"),), b"diff")
    ledger.runs.keep(run, claim(ledger, run), again, [])

    assert ledger.runs.changes(run) == again


def test_the_first_who_cancels_is_named(ledger: Ledger) -> None:
    """Two people cancelling a running run see one truth, and its worker hears it at the next renewal."""
    run = begun(ledger)
    epoch = claim(ledger, run)

    ledger.runs.ask_cancel(run, "will", NOON)
    told = ledger.runs.ask_cancel(run, "wendy", NOON)

    assert told is not None
    assert told.cancelled_by == "will"
    assert ledger.runs.renew(run, epoch, NOON) == "will"


def test_a_queued_run_is_cancelled_on_the_spot(ledger: Ledger) -> None:
    """Nobody can claim it any more, and its steps are skipped."""
    run = begun(ledger)

    ended = ledger.runs.ask_cancel(run, "will", NOON)

    assert ended is not None
    assert ended.state is RunState.CANCELLED
    assert {step.state for step in ended.steps} == {StepState.SKIPPED}
    assert ledger.runs.claim(run, worker="w", seal_key=b"k", now=NOON) is None


def test_what_has_ended_cannot_be_cancelled(ledger: Ledger) -> None:
    """Its end stays what it was."""
    run = begun(ledger)
    end(ledger, run, claim(ledger, run))

    told = ledger.runs.ask_cancel(run, "will", NOON)

    assert told is not None
    assert (told.state, told.cancelled_by) == (RunState.SUCCEEDED, "")


def test_an_ended_run_does_not_change(ledger: Ledger) -> None:
    """A run has one end: a second one, of the same epoch too, is refused."""
    run = begun(ledger)
    epoch = claim(ledger, run)
    end(ledger, run, epoch)

    with pytest.raises(FencedError):
        ledger.runs.end(run, epoch, RunState.FAILED, NOON)
    found = ledger.runs.get(run)
    assert found is not None
    assert found.state is RunState.SUCCEEDED


def test_the_journal_is_read_from_where_one_stopped(ledger: Ledger) -> None:
    """Entries are numbered in the order in which they were written, without a gap."""
    run = begun(ledger)
    epoch = claim(ledger, run)
    ledger.journals.append(run, epoch, NOON, [(EntryKind.OUT, 0, "a"), (EntryKind.ERR, 0, "b")])

    entries = ledger.journals.read(run, after=2)

    assert [(entry.seq, entry.text) for entry in entries] == [(3, "a"), (4, "b")]


def test_tails_are_the_end_of_each_step(ledger: Ledger) -> None:
    """A tail holds both streams as they came, and not more than asked for."""
    run = begun(ledger)
    epoch = claim(ledger, run)
    ledger.journals.append(run, epoch, NOON, [(EntryKind.OUT, 0, "aaaa"), (EntryKind.ERR, 0, "bbbb")])

    assert ledger.journals.tails(run, 2, limit=6) == {0: "aabbbb"}


def test_changes_come_back_byte_for_byte(ledger: Ledger) -> None:
    """Binary contents, modes and deletions survive the ledger."""
    run = begun(ledger)
    epoch = claim(ledger, run)
    changes = Changes(
        (
            FileChange("bin", FileMode.EXECUTABLE, bytes(range(256))),
            FileChange("gone", FileMode.FILE, None),
        ),
        b"diff \xff\x00",
    )

    ledger.runs.keep(run, epoch, changes, ["A note."])

    assert ledger.runs.changes(run) == changes
    found = ledger.runs.get(run)
    assert found is not None
    assert (found.changed_files, found.notes) == (2, ("A note.",))


def test_annotations_are_read_in_pieces(ledger: Ledger) -> None:
    """Annotations keep their order over several writes, so that each is sent once."""
    run = begun(ledger)
    epoch = claim(ledger, run)
    found = [Annotation("a.py", line, Level.FAILURE, "wrong") for line in (1, 2, 3)]
    ledger.runs.annotate(run, epoch, found[:2])
    ledger.runs.annotate(run, epoch, found[2:])

    assert ledger.runs.annotations(run, 1, 50) == tuple(found[1:])


def test_a_changed_run_makes_its_surfaces_due(ledger: Ledger) -> None:
    """A surface is due when its run is newer than what it shows, and only for one of those who ask."""
    begun(ledger)

    assert [surface.kind for surface in ledger.surfaces.claim_due(NOON)] == [SurfaceKind.CHECK_RUN]
    assert ledger.surfaces.claim_due(NOON) == []


def test_pacing_holds_back_progress_and_never_the_end(ledger: Ledger) -> None:
    """Between two updates time passes, unless the run has ended."""
    run = begun(ledger)
    (surface,) = ledger.surfaces.claim_due(NOON)
    ledger.surfaces.show(surface, Shown(5, 1, "hash", 0, NOON + 5 * SECOND, done=False))
    epoch = claim(ledger, run)

    assert ledger.surfaces.claim_due(NOON + SECOND) == []
    end(ledger, run, epoch)
    assert len(ledger.surfaces.claim_due(NOON + SECOND)) == 1


def test_a_step_remembers_how_it_went(ledger: Ledger) -> None:
    """A step's state, times and exit code come back as they were written."""
    run = begun(ledger)
    epoch = claim(ledger, run)
    found = ledger.runs.get(run)
    assert found is not None

    step = replace(
        found.steps[0],
        state=StepState.FAILED,
        note="Exit code 3.",
        started_at=NOON,
        ended_at=NOON,
        exit_code=3,
    )
    ledger.runs.set_steps(run, epoch, NOON, step)

    again = ledger.runs.get(run)
    assert again is not None
    assert again.steps[0] == step


@pytest.mark.parametrize("url", ["nonsense", "mysql://localhost/x", "sqlite://", "sqlite:///:memory:"])
def test_a_ledger_url_that_cannot_work_gets_a_sentence(url: str) -> None:
    """A wrong URL is one sentence that names what works."""
    with pytest.raises(UserError, match=r"sqlite:////|SQLite or Postgres"):
        Ledger(url)
