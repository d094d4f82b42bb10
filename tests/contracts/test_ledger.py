"""The ledger: what is accepted stays, what is claimed is fenced, what has ended does not change."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bot.deliveries import Delivery
from bot.errors import UserError
from bot.events import Pinged
from bot.ids import InstallationId, RunId, new_run_id
from bot.journal import End, EntryKind
from bot.ledger import Ledger
from bot.ledger.engine import open_engine, reading
from bot.ledger.fence import FencedError
from bot.ledger.runs import NewRun
from bot.ledger.schema import metadata
from bot.ledger.surfaces import NewSurface, Shown, SurfaceKind
from bot.limits import Limits
from bot.ports import Annotation, Changes, FileChange, FileMode, Level
from bot.results import Artifact, Collected, Results
from bot.runs import RunState, StepState
from tests.scripted import NOON, PLACE, WILL, a_run, commands, taken

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
    return taken(ledger, run).epoch


def test_the_migrations_make_the_tables_that_the_code_knows(ledger_url: str) -> None:
    """A ledger that was brought up to date has exactly the shape of the schema."""
    Ledger(ledger_url).close()

    with open_engine(ledger_url).connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_what_is_written_down_is_not_in_what_the_database_complains_of(ledger_url: str) -> None:
    """Codes and links for one person alone are among it, and an error is written into the log."""
    engine = open_engine(ledger_url)
    with pytest.raises(DBAPIError) as complaint, reading(engine) as connection:
        connection.execute(text("select :code from nowhere"), {"code": "K7TM-2QXA"})
    engine.dispose()

    assert "nowhere" in str(complaint.value)
    assert "K7TM-2QXA" not in str(complaint.value)


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


def test_a_delivery_can_be_looked_at_until_it_is_handled(ledger: Ledger) -> None:
    """Looking takes it from nobody and counts as no attempt."""
    ledger.deliveries.store([delivery("g1", "c1")], NOON)

    assert ledger.deliveries.open(1) == ledger.deliveries.take(1, NOON)
    ledger.deliveries.close(1, "Noted.")
    assert ledger.deliveries.open(1) is None


def test_what_came_before_a_delivery_and_was_not_tried_is_known(ledger: Ledger) -> None:
    """The oldest first; what somebody is at, or has handled, is not among it."""
    ledger.deliveries.store([delivery(f"g{n}", f"c{n}") for n in range(1, 7)], NOON)
    ledger.deliveries.take(2, NOON)
    ledger.deliveries.take(3, NOON)
    ledger.deliveries.close(3, "Noted.")

    assert [number for number, _ in ledger.deliveries.untried_before(6)] == [1, 4, 5]
    assert [number for number, _ in ledger.deliveries.untried_before(6, limit=2)] == [4, 5]
    assert ledger.deliveries.untried_before(1) == []


def test_a_delivery_that_nobody_closed_is_due_again(ledger: Ledger) -> None:
    """A delivery whose handler died is found by the sweeper after a while."""
    ledger.deliveries.store([delivery("g1", "c1")], NOON)
    ledger.deliveries.take(1, NOON)

    assert ledger.deliveries.due(NOON + 20 * SECOND) == []
    assert ledger.deliveries.due(NOON + 61 * SECOND) == [1]


def test_a_delivery_that_a_wrong_clock_put_off_is_due(ledger: Ledger) -> None:
    """A desk that was an hour ahead put it off for that hour; nobody who is right waits for it."""
    ledger.deliveries.store([delivery("g1", "c1")], NOON)
    ahead = NOON + timedelta(hours=1)
    ledger.deliveries.take(1, ahead)
    ledger.deliveries.postpone(1, "No token.", ahead, least_s=5)

    assert ledger.deliveries.due(NOON + 10 * SECOND) == [1]
    assert ledger.deliveries.take(1, NOON + 10 * SECOND) is not None


def test_a_delivery_that_never_works_is_given_up(ledger: Ledger) -> None:
    """After its last attempt a delivery is failed, with the last reason kept."""
    ledger.deliveries.store([delivery("g1", "c1")], NOON)
    moments = [NOON + hour * timedelta(hours=1) for hour in range(6)]
    hopes = [
        ledger.deliveries.take(1, moment) is not None
        and ledger.deliveries.postpone(1, "down", moment, least_s=2)
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
    begun(ledger)

    def attempt(worker: int) -> bool:
        return ledger.runs.claim_next(worker=str(worker), seal_key=b"k", now=NOON) is not None

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


def test_a_lease_that_is_renewed_is_another_one(ledger: Ledger) -> None:
    """What a desk saw of a lease before its renewal takes nothing from its worker."""
    run = begun(ledger)
    epoch = claim(ledger, run)
    (seen,) = ledger.runs.held()

    ledger.runs.renew(run, epoch, NOON + 10 * SECOND)

    assert ledger.runs.take_from(seen) is None
    assert ledger.runs.renew(run, epoch, NOON + 12 * SECOND) == ""


def test_a_run_that_is_taken_from_its_worker_is_out_of_its_reach(ledger: Ledger) -> None:
    """Of two desks one takes the run; its worker can neither renew nor end it any more."""
    run = begun(ledger)
    epoch = claim(ledger, run)
    (seen,) = ledger.runs.held()

    taken, again = ledger.runs.take_from(seen), ledger.runs.take_from(seen)

    assert taken is not None
    assert taken.epoch == epoch + 1
    assert again is None
    with pytest.raises(FencedError):
        ledger.runs.end(run, epoch, RunState.SUCCEEDED, NOON)


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
    assert ledger.runs.claim_next(worker="w", seal_key=b"k", now=NOON) is None


def test_one_desk_at_a_time_publishes(ledger: Ledger) -> None:
    """Whoever comes second is told to leave it, until the first has put it off or was lost."""
    run = begun(ledger)
    ledger.runs.hand_to_desk(run, claim(ledger, run), NOON)

    assert ledger.runs.take_publishing(run, NOON) is not None
    assert ledger.runs.take_publishing(run, NOON + SECOND) is None
    ledger.runs.put_publishing_off(run, NOON + 5 * SECOND)
    assert ledger.runs.take_publishing(run, NOON + 2 * SECOND) is not None
    ledger.runs.keep_publishing(run, NOON + 15 * SECOND)
    assert ledger.runs.take_publishing(run, NOON + 30 * SECOND) is None
    assert ledger.runs.take_publishing(run, NOON + 36 * SECOND) is not None


def test_what_does_not_publish_is_not_taken(ledger: Ledger) -> None:
    """A run that has ended meanwhile is left alone."""
    run = begun(ledger)
    end(ledger, run, claim(ledger, run))

    assert ledger.runs.take_publishing(run, NOON) is None


def test_a_run_can_be_cancelled_for_a_reason(ledger: Ledger) -> None:
    """Where no person asked, the run says why it ended."""
    run = begun(ledger)

    ended = ledger.runs.ask_cancel(run, "github", NOON, reason="Pull request 7 was closed.")

    assert ended is not None
    assert ended.reason == "Pull request 7 was closed."


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


def test_the_ends_of_steps_say_whether_they_are_all(ledger: Ledger) -> None:
    """Whole entries from the last one on, notes on lines of their own; what came later is told apart."""
    run = begun(ledger)
    epoch = claim(ledger, run)
    said = [(EntryKind.OUT, 0, "aaaa"), (EntryKind.OUT, 0, "bbbb"), (EntryKind.NOTE, 0, "cut")]
    ledger.journals.append(run, epoch, NOON, said)

    long, last = ledger.journals.ends(run, 2, limit=6)
    whole, _ = ledger.journals.ends(run, 2, limit=100)

    assert long == {0: End("bbbb\ncut\n", cut=True)}
    assert whole == {0: End("aaaabbbb\ncut\n", cut=False)}
    assert last == ledger.journals.read(run)[-1].seq


def test_artifacts_take_the_place_of_those_before(ledger: Ledger) -> None:
    """Byte for byte, by their place among the results; a worker that lost its run keeps nothing."""
    run = begun(ledger)
    epoch = claim(ledger, run)

    def collected(*contents: bytes) -> Collected:
        named = tuple(Artifact(f"{at}.bin", len(content)) for at, content in enumerate(contents))
        return Collected(Results(named), contents, (), ("A note.",))

    ledger.results.keep(run, epoch, collected(bytes(range(256)), b"old"))
    ledger.results.keep(run, epoch, collected(b"new"))

    kept = ledger.runs.get(run)
    assert kept is not None
    assert kept.results.artifacts == (Artifact("0.bin", 3),)
    assert [ledger.results.artifact(run, place) for place in (0, 1)] == [b"new", None]
    with pytest.raises(FencedError):
        ledger.results.keep(run, epoch - 1, collected(b"late"))
    assert ledger.results.artifact(run, 0) == b"new"


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


def test_a_surface_is_claimed_as_it_is_and_not_as_it_was_found(ledger: Ledger) -> None:
    """Two desks find it due, and the one that is second must not create it again."""
    begun(ledger)
    (found,) = [each.surface for each in ledger.surfaces.due(NOON)]
    (first,) = ledger.surfaces.claim_due(NOON)
    ledger.surfaces.begin_creation(first)
    ledger.surfaces.show(first, Shown(5, 1, "hash", 0, NOON, done=False))

    (second,) = ledger.surfaces.claim([found], NOON)

    assert (second.remote_id, second.attempted, second.updates) == (5, True, 1)


def test_a_surface_that_is_done_is_not_claimed(ledger: Ledger) -> None:
    """Found due a moment ago and finished by another desk since: nothing is left to write."""
    begun(ledger)
    (found,) = [each.surface for each in ledger.surfaces.due(NOON)]
    (first,) = ledger.surfaces.claim_due(NOON)
    ledger.surfaces.show(first, Shown(5, 1, "hash", 0, NOON, done=True))

    assert ledger.surfaces.claim([found], NOON) == []


def test_who_waited_too_long_with_a_surface_changes_nothing(ledger: Ledger) -> None:
    """Its claim is over, another desk took the surface, and neither holding nor writing works any more."""
    begun(ledger)
    (late,) = ledger.surfaces.claim_due(NOON)
    (other,) = ledger.surfaces.claim_due(NOON + 31 * SECOND)

    assert ledger.surfaces.hold(late, NOON + 31 * SECOND) is None
    ledger.surfaces.give_up(late, "too late", NOON)
    held = ledger.surfaces.hold(other, NOON + 40 * SECOND)
    assert held is not None
    assert ledger.surfaces.given_up(NOON) == []
    assert ledger.surfaces.claim_due(NOON + 65 * SECOND) == []  # held for longer than it was claimed


def test_what_is_let_go_while_it_is_being_shown_stays_let_go(ledger: Ledger) -> None:
    """The answer to the last change may come after the news that we may not speak there any more."""
    run = begun(ledger)
    (surface,) = ledger.surfaces.claim_due(NOON)
    ledger.surfaces.close_in(PLACE.repo_id)

    ledger.surfaces.show(surface, Shown(5, 1, "hash", 0, NOON, done=False))
    ledger.runs.ask_cancel(run, "will", NOON)

    assert ledger.surfaces.claim_due(NOON + SECOND) == []
    assert ledger.surfaces.reopen(PLACE, NOON, NOON) == 1


def test_what_was_let_go_is_owed_again_where_we_may_speak(ledger: Ledger) -> None:
    """Under the name and the installation that the repository has by then."""
    run = begun(ledger)
    ledger.surfaces.close_in(PLACE.repo_id)
    ledger.runs.ask_cancel(run, "will", NOON)
    there = replace(PLACE, installation=InstallationId(99))

    assert ledger.surfaces.owed(NOON + SECOND) == []  # its run was queued too long ago
    assert ledger.surfaces.owed(NOON) == [PLACE]
    assert ledger.surfaces.reopen(there, NOON, NOON) == 1
    (surface,) = ledger.surfaces.claim_due(NOON)
    assert (surface.run, surface.place) == (run, there)


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
