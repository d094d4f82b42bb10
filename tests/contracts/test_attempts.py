"""Attempts of a run, on both databases: begun once per command, with the past kept and the fence raised."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.ids import Login, Person, Sha
from bot.journal import EntryKind
from bot.ledger import Ledger
from bot.ledger.attempts import NewAttempt
from bot.ledger.fence import FencedError
from bot.ledger.surfaces import NewSurface, Shown, SurfaceKind
from bot.limits import Limits
from bot.ports import Annotation, Changes, FileChange, FileMode, Level
from bot.runs import Run, RunState, Step, StepState
from tests.scripted import NOON, PLACE, claimed

WENDY = Person(4, Login("writer-wendy"))
ONE = Changes((FileChange("a.txt", FileMode.FILE, b"a\n"),), b"diff one")
TWO = Changes((FileChange("a.txt", FileMode.FILE, b"b\n"),), b"diff two")
FOUND = Annotation("a.py", 1, Level.FAILURE, "It is wrong.")


@pytest.fixture
def failed(ledger: Ledger) -> Run:
    """A run of two commands of which the second failed, shown in one place."""
    run = claimed(ledger)
    for kind in (SurfaceKind.CHECK_RUN, SurfaceKind.COMMENT):
        ledger.surfaces.add(NewSurface(f"{kind}:{run.id}", kind, PLACE, 7, run.id), NOON)
    one, two = run.steps
    done = (
        replace(one, state=StepState.SUCCEEDED, started_at=NOON, ended_at=NOON),
        replace(two, started_at=NOON),
    )
    ledger.runs.set_steps(run.id, run.epoch, NOON, *done)
    ledger.journals.append(
        run.id, run.epoch, NOON, [(EntryKind.OUT, 0, "first\n"), (EntryKind.OUT, 1, "bad\n")]
    )
    ledger.runs.annotate(run.id, run.epoch, [FOUND])
    ledger.runs.keep(run.id, run.epoch, ONE, ["A file was left out."])
    bad = replace(two, state=StepState.FAILED, started_at=NOON, ended_at=NOON, exit_code=1)
    ledger.runs.end(run.id, run.epoch, RunState.FAILED, NOON, reason="It failed.", last_steps=[bad])
    return now(ledger, run)


def now(ledger: Ledger, run: Run) -> Run:
    found = ledger.runs.get(run.id)
    assert found is not None
    return found


def once_more(run: Run, *, key: str = "again", sha: Sha | None = None) -> NewAttempt:
    return NewAttempt(
        run=run,
        key=key,
        requester=WENDY,
        request_url="https://github.test/c/2",
        target=replace(run.target, sha=sha or run.target.sha),
        steps=(1,),
        state=RunState.QUEUED,
        limits=Limits(),
    )


def test_a_new_attempt_keeps_what_had_succeeded(ledger: Ledger, failed: Run) -> None:
    """It is queued under a new epoch for whoever asked now, with only the chosen steps to be done."""
    run = ledger.attempts.begin(once_more(failed), NOON)

    assert run is not None
    assert (run.state, run.attempt, run.requester) == (RunState.QUEUED, 2, WENDY)
    assert run.epoch > failed.epoch
    assert run.steps == (failed.steps[0], Step(1, failed.steps[1].action, attempt=2))
    assert (run.reason, run.notes, run.ended_at) == ("", (), None)
    assert run.plan.digest == failed.plan.digest


def test_the_end_of_what_it_said_is_that_of_this_attempt(ledger: Ledger, failed: Run) -> None:
    """All steps in the order in which they spoke, as much as is asked for, and nothing of a state."""
    assert ledger.journals.end(failed.id, 1, limit=100) == "first\nbad\n"
    assert ledger.journals.end(failed.id, 1, limit=5) == "\nbad\n"
    assert ledger.attempts.begin(once_more(failed), NOON) is not None
    assert ledger.journals.end(failed.id, 2, limit=100) == ""

    taken = ledger.runs.claim_next(worker="hands:2", seal_key=b"k", now=NOON)

    assert taken is not None
    ledger.journals.append(failed.id, taken.epoch, NOON, [(EntryKind.ERR, 1, "worse\n")])
    assert ledger.journals.end(failed.id, 2, limit=100) == "worse\n"


def test_the_past_is_kept(ledger: Ledger, failed: Run) -> None:
    """The attempt before is there as it ended, with its steps, its reason and its patch."""
    run = ledger.attempts.begin(once_more(failed), NOON)
    assert run is not None

    (first,) = ledger.attempts.of(run)

    assert (first.number, first.state, first.reason) == (1, RunState.FAILED, "It failed.")
    assert first.steps == failed.steps
    assert first.requester == failed.requester
    assert first.notes == ("A file was left out.",)
    assert ledger.runs.changes(run.id, before=2) == ONE


def test_one_command_begins_one_attempt(ledger: Ledger, failed: Run) -> None:
    """However often it is delivered, and also when the attempt is over."""
    run = ledger.attempts.begin(once_more(failed), NOON)
    assert run is not None
    again = ledger.runs.claim_next(worker="w", seal_key=b"k", now=NOON)
    assert again is not None
    ledger.runs.end(run.id, again.epoch, RunState.FAILED, NOON)

    assert ledger.attempts.begin(once_more(now(ledger, run)), NOON) is None
    assert ledger.attempts.has("again")


def test_two_people_begin_one_attempt(ledger: Ledger, failed: Run) -> None:
    """Who decided on the run as it was a moment ago comes too late."""
    first = ledger.attempts.begin(once_more(failed, key="will"), NOON)
    second = ledger.attempts.begin(once_more(failed, key="wendy"), NOON)

    assert first is not None
    assert second is None


def test_a_worker_of_the_old_attempt_changes_nothing(ledger: Ledger, failed: Run) -> None:
    """The fence has been raised."""
    ledger.attempts.begin(once_more(failed), NOON)

    with pytest.raises(FencedError):
        ledger.runs.set_steps(failed.id, failed.epoch, NOON, failed.steps[0])


def test_a_run_that_goes_on_is_shown_again(ledger: Ledger, failed: Run) -> None:
    """Its surfaces that showed the end are due."""
    shown = ledger.surfaces.claim_due(NOON)
    for surface in shown:
        ledger.surfaces.give_up(surface, "shown", NOON)

    ledger.attempts.begin(once_more(failed), NOON)

    assert [done for _, done, _ in ledger.surfaces.all()] == [False, False]


def test_an_end_that_was_being_shown_is_not_the_last_word(ledger: Ledger, failed: Run) -> None:
    """A retry while the end is on its way to GitHub: what is shown then is followed by the new attempt."""
    claimed_now = ledger.surfaces.claim_due(NOON)

    ledger.attempts.begin(once_more(failed), NOON)
    for surface in claimed_now:
        ledger.surfaces.show(surface, Shown(77, failed.version, "old", 0, NOON, done=True))

    assert [done for _, done, _ in ledger.surfaces.all()] == [False, False]


def test_on_another_commit_there_is_another_check_run(ledger: Ledger, failed: Run) -> None:
    """The old one stays as it is on its own commit, and what was found there is not told of the new one."""
    shown = ledger.surfaces.claim_due(NOON)
    for surface in shown:
        ledger.surfaces.give_up(surface, "shown", NOON)

    ledger.attempts.begin(once_more(failed, sha=Sha("b" * 40)), NOON)

    assert {key: done for key, done, _ in ledger.surfaces.all()} == {
        f"check_run:{failed.id}": True,
        f"comment:{failed.id}": False,
        f"check_run:{failed.id}:2": False,
    }
    assert ledger.runs.annotations(failed.id, 0, 10) == ()


def test_the_output_of_a_step_is_that_of_its_last_attempt(ledger: Ledger, failed: Run) -> None:
    """What a kept step wrote is still there; what a repeated one wrote before is not mixed with the new."""
    run = ledger.attempts.begin(once_more(failed), NOON)
    assert run is not None
    again = ledger.runs.claim_next(worker="w", seal_key=b"k", now=NOON)
    assert again is not None

    ledger.journals.append(run.id, again.epoch, NOON, [(EntryKind.OUT, 1, "good\n")])

    assert ledger.journals.tails(run.id, 2) == {0: "first\n", 1: "good\n"}


def test_a_taken_over_attempt_begins_from_its_own_start(ledger: Ledger, failed: Run) -> None:
    """What it kept from before stays kept, and its own half result is forgotten."""
    ledger.attempts.begin(once_more(failed), NOON)
    again = ledger.runs.claim_next(worker="w", seal_key=b"k", now=NOON)
    assert again is not None
    ledger.runs.keep(failed.id, again.epoch, TWO, [])

    ledger.runs.begin_again(now(ledger, failed), "It began again.", NOON)

    run = now(ledger, failed)
    assert [step.state for step in run.steps] == [StepState.SUCCEEDED, StepState.PENDING]
    assert ledger.runs.changes(run.id) == ONE
    assert (run.attempt, run.losses) == (2, 1)


def test_what_is_found_twice_is_told_once(ledger: Ledger, failed: Run) -> None:
    """GitHub takes no annotation back, so the same one of a later attempt is not sent again."""
    ledger.attempts.begin(once_more(failed), NOON)
    again = ledger.runs.claim_next(worker="w", seal_key=b"k", now=NOON)
    assert again is not None

    ledger.runs.annotate(failed.id, again.epoch, [FOUND, replace(FOUND, line=2)])

    assert ledger.runs.annotations(failed.id, 0, 10) == (FOUND, replace(FOUND, line=2))


def test_a_command_is_followed_once_whichever_run_it_means_by_then(ledger: Ledger, failed: Run) -> None:
    """`retry` means the latest run: heard again after a crash, it must not begin another one's attempt."""
    later = claimed(ledger)
    ledger.runs.end(later.id, later.epoch, RunState.FAILED, NOON, reason="It failed.")
    ledger.attempts.begin(once_more(failed), NOON)

    assert ledger.attempts.begin(once_more(now(ledger, later)), NOON) is None
    assert now(ledger, later).attempt == 1
