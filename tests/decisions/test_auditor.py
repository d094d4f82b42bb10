"""The auditor of the soak and of the crash sweep: it can see each kind of broken promise."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.journal import Entry, EntryKind
from bot.plans.model import Action, Plan
from bot.runs import PullRef, Run, RunState, StepState
from tests.auditor import Evidence, violations
from tests.auditor.evidence import CheckSeen, Left, Pressed, RunSeen, Sent, Written
from tests.scripted import HEAD, NOON, a_run, commands

ONCE = Action("run_command", {"command": "ls", "once": True}, "Run ls", None)
RUN = a_run(Plan((ONCE,), commands("ls").error_handling, "shell"))
DONE: Run = replace(
    RUN,
    state=RunState.SUCCEEDED,
    ended_at=NOON,
    steps=tuple(replace(step, state=StepState.SUCCEEDED) for step in RUN.steps),
)
SAYS = "Done: the step succeeded."
CHECK = CheckSeen(1, RUN.id, HEAD, "completed", "success", SAYS, ("queued", "in_progress", "completed"))
HEARD = Sent("g1", "issue_comment", 202, taken=True, ignored=False, stored=True, state="done")


def journal(*lines: tuple[EntryKind, int | None, str]) -> tuple[Entry, ...]:
    return tuple(Entry(seq, NOON, kind, step, text) for seq, (kind, step, text) in enumerate(lines, 1))


QUEUED, TAKEN = (EntryKind.RUN, None, "queued"), (EntryKind.RUN, None, "running")
BEGAN, ENDED = (EntryKind.STEP, 0, "running"), (EntryKind.STEP, 0, "succeeded")
SUCCEEDED = (EntryKind.RUN, None, "succeeded")
WELL = journal(QUEUED, TAKEN, BEGAN, ENDED, SUCCEEDED)
SEEN = RunSeen(DONE, WELL, (CHECK,), (f"<!-- marker -->\n**{SAYS}**",), (), (), says=SAYS)
WELL_KEPT = Evidence(
    sent=(HEARD, replace(HEARD, guid="g2", taken=False, ignored=True, stored=False)),
    written=(Written("comment 1", commands=1, begin=1, runs=1, answers=0),),
    pressed=(Pressed("check run 1", 1, 1),),
    runs=(SEEN,),
    replies={"reply:1": 1},
    left=(Left("container", "box", RUN.id, 3.0), Left("volume", "v", "another", None)),
)


def test_a_world_in_which_all_was_kept_has_no_violations() -> None:
    """What is well is not reported, also what was left a moment ago or belongs to a run that goes on."""
    assert violations(WELL_KEPT) == []


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (replace(HEARD, stored=False), "accepted and is not in the ledger"),
        (replace(HEARD, taken=False, stored=False, answered=502), "answered with 502 and never taken"),
        (replace(HEARD, state="new"), "is new: not handled"),
        (replace(HEARD, state="failed", outcome="GitHub is silent."), "is failed: GitHub is silent."),
    ],
    ids=["lost", "never fetched", "new for ever", "given up"],
)
def test_a_delivery_that_is_not_done_is_seen(sent: Sent, said: str) -> None:
    """A delivery that was lost, never fetched, never handled or given up breaks the first promise."""
    assert_says(replace(WELL_KEPT, sent=(sent,)), "1: ", said)


def test_a_command_that_nobody_answered_is_seen() -> None:
    """Neither a run nor a word: the first promise is broken."""
    assert_says(replace(WELL_KEPT, written=(Written("comment 1", 1, 1, 0, 0),)), "1: ", "neither begun nor")


def test_two_runs_of_one_command_are_seen() -> None:
    """One command is one run."""
    assert_says(replace(WELL_KEPT, written=(Written("comment 1", 1, 1, 2, 0),)), "2: ", "began 2")


def test_a_press_without_consequence_is_seen() -> None:
    """Each press of a button leads to one thing."""
    assert_says(replace(WELL_KEPT, pressed=(Pressed("check run 1", 2, 1),)), "2: ", "1 things followed")


def test_a_command_that_began_twice_is_seen() -> None:
    """A command that says `once` may have done anything: once is all."""
    release = Action("run_command", {"command": "make release", "once": True}, "Release", None)
    run = a_run(Plan((release,), RUN.plan.error_handling, "shell"))
    steps = tuple(replace(step, state=StepState.SUCCEEDED) for step in run.steps)
    done = replace(DONE, id=run.id, plan=run.plan, steps=steps)
    twice = journal(QUEUED, TAKEN, BEGAN, QUEUED, TAKEN, BEGAN, ENDED, SUCCEEDED)

    assert_says(with_run(replace(SEEN, run=done, journal=twice)), "3: ", "began 2 times")


def test_a_repeatable_step_may_begin_again() -> None:
    """Writing a file twice leaves one file."""
    write = Action("write_file", {"path": "a", "content": "b"}, "Write a", None)
    run = a_run(Plan((write,), RUN.plan.error_handling, "shell"))
    steps = tuple(replace(step, state=StepState.SUCCEEDED) for step in run.steps)
    done = replace(DONE, id=run.id, plan=run.plan, steps=steps)
    twice = journal(QUEUED, TAKEN, BEGAN, QUEUED, TAKEN, BEGAN, ENDED, SUCCEEDED)

    assert violations(with_run(replace(SEEN, run=done, journal=twice))) == []


def test_a_new_attempt_may_do_it_all_again() -> None:
    """Whoever asks for another attempt of a run that has ended asks for its steps."""
    again = journal(QUEUED, TAKEN, BEGAN, ENDED, SUCCEEDED, QUEUED, TAKEN, BEGAN, ENDED, SUCCEEDED)

    assert violations(with_run(replace(SEEN, run=replace(DONE, attempt=2), journal=again))) == []


def test_a_step_without_an_end_is_seen() -> None:
    """A run that has ended says of each of its steps how it ended."""
    run = replace(DONE, steps=tuple(replace(step, state=StepState.RUNNING) for step in DONE.steps))
    assert_says(with_run(replace(SEEN, run=run)), "3: ", "its step 0 is running")


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (replace(SEEN, checks=(CHECK, replace(CHECK, id=2))), "has 2 check runs"),
        (replace(SEEN, checks=()), "has no check run"),
        (replace(SEEN, comments=()), "has 0 status comments"),
        (replace(SEEN, comments=[*SEEN.comments, *SEEN.comments]), "has 2 status comments"),
        (replace(SEEN, branches=("agent/1", "agent/1-2")), "has the branches agent/1, agent/1-2"),
        (replace(SEEN, pulls=(2, 3)), "has the pull requests 2, 3"),
        (replace(SEEN, pulls=(2,)), "tells of the pull requests [], and GitHub has [2]"),
        (replace(SEEN, run=replace(DONE, pull=PullRef(2, "u", "b"))), "tells of the pull requests [2]"),
    ],
    ids=["two checks", "no check", "silent", "twice", "branches", "pulls", "untold pull", "invented pull"],
)
def test_what_is_not_shown_once_is_seen(seen: RunSeen, said: str) -> None:
    """One check run, one comment, at most one branch and one pull request."""
    assert_says(with_run(seen), "4: ", said)


@pytest.mark.parametrize("times", [0, 2])
def test_a_reply_that_was_not_said_once_is_seen(times: int) -> None:
    """An answer is said, and said once."""
    assert_says(replace(WELL_KEPT, replies={"reply:1": times}), "4: ", f"was said {times} times")


def test_a_check_run_of_no_run_is_seen() -> None:
    """What GitHub shows in our name belongs to a run of the ledger."""
    assert_says(replace(WELL_KEPT, foreign_checks=(replace(CHECK, run="nobody"),)), "4: ", "nobody began")


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (replace(SEEN, run=replace(DONE, state=RunState.RUNNING)), "is still running"),
        (replace(SEEN, journal=WELL[:-1]), "ended 0 times"),
        (replace(SEEN, journal=(*WELL, replace(WELL[-1], text="failed"))), "ended 2 times"),
        (replace(SEEN, run=replace(DONE, attempt=2)), "has 2 attempts, and its journal 1"),
        (replace(SEEN, checks=(replace(CHECK, status="in_progress"),)), "is in_progress"),
        (replace(SEEN, checks=(replace(CHECK, conclusion="failure"),)), "concludes failure"),
        (replace(SEEN, checks=(replace(CHECK, title="Waiting."),)), "says 'Waiting.'"),
        (replace(SEEN, checks=(replace(CHECK, statuses=("completed", "queued")),)), "completed → queued"),
        (replace(SEEN, comments=("<!-- marker -->\n**Waiting to start.**",)), "its comment says"),
    ],
    ids=[
        "open",
        "no end",
        "two ends",
        "an attempt unheard of",
        "in progress",
        "other end",
        "old title",
        "reopened",
        "old comment",
    ],
)
def test_an_end_that_is_not_one_and_true_is_seen(seen: RunSeen, said: str) -> None:
    """One final state, and every surface shows it."""
    assert_says(with_run(seen), "5: ", said)


def test_what_was_left_is_seen() -> None:
    """A minute after a run's end nothing of it is left on the machine."""
    old = Left("container", "box", RUN.id, 61.0)
    assert_says(replace(WELL_KEPT, left=(old,)), "6: ", "the container box of run")


def with_run(seen: RunSeen) -> Evidence:
    return replace(WELL_KEPT, runs=(seen,))


def assert_says(evidence: Evidence, promise: str, said: str) -> None:
    found = violations(evidence)
    assert [sentence for sentence in found if sentence.startswith(promise) and said in sentence] != []
