"""How a run ends: the one truthful end, from its steps and its changes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.errors import UserError
from bot.ids import Repo
from bot.outcome import Outcome, conclude
from bot.perform import Walked
from bot.plans.model import Action, Plan
from bot.ports import Changes, FileChange, FileMode
from bot.runs import Run, RunState, StepState
from tests.scripted import NOON, a_run, action

OPEN_PULL = Action("open_pull_request", {}, "Open a pull request")
PLAN = Plan((action("make"), OPEN_PULL))
ONE_FILE = Changes((FileChange("a.txt", FileMode.FILE, b"a\n"),), b"diff --git a/a.txt b/a.txt\n")


def walked(run: Run, state: StepState, *, timed_out: bool = False) -> Walked:
    first, last = run.steps
    last_state = StepState.SKIPPED if state.bad else StepState.PENDING
    return Walked(
        (replace(first, state=state, started_at=NOON, ended_at=NOON), replace(last, state=last_state)),
        timed_out,
    )


def ended(state: StepState, changes: Changes | UserError, *, source: Repo | None = None) -> Outcome:
    run = a_run(PLAN, source=source)
    return conclude(run, walked(run, state), changes)


def test_changes_go_to_the_desk() -> None:
    """A good run that changed files is handed to the desk for its pull request."""
    outcome = ended(StepState.SUCCEEDED, ONE_FILE)

    assert outcome.state is RunState.PUBLISHING
    assert outcome.keep == ONE_FILE


def test_nothing_changed_is_said() -> None:
    """A good run without changes succeeds, and its pull request is skipped with the reason."""
    outcome = ended(StepState.SUCCEEDED, Changes((), b""))

    assert outcome.state is RunState.SUCCEEDED
    assert [(step.state, step.note) for step in outcome.steps] == [
        (StepState.SKIPPED, "Nothing changed, so there is no pull request.")
    ]


@pytest.mark.parametrize("source", [None, Repo("outsider-oz", "shop")])
def test_what_the_desk_takes_back_needs_no_changes(source: Repo | None) -> None:
    """A run that undoes another one goes to the desk, wherever its code comes from."""
    undoing = Plan((Action("undo_run", {"run": "0123456789"}, "Undo run 0123456789"),))
    run = a_run(undoing, source=source)

    outcome = conclude(run, Walked(run.steps, timed_out=False), Changes((), b""))

    assert (outcome.state, outcome.steps) == (RunState.PUBLISHING, ())
    assert outcome.keep == Changes((), b"")


def test_the_patch_of_a_fork_is_offered_not_pushed() -> None:
    """From a fork the changes are kept for download and no pull request is made."""
    outcome = ended(StepState.SUCCEEDED, ONE_FILE, source=Repo("outsider-oz", "shop"))

    assert outcome.state is RunState.SUCCEEDED
    assert outcome.keep == ONE_FILE
    assert "fork" in outcome.steps[0].note


@pytest.mark.parametrize(
    ("state", "end"),
    [
        (StepState.FAILED, RunState.FAILED),
        (StepState.TIMED_OUT, RunState.TIMED_OUT),
        (StepState.CANCELLED, RunState.CANCELLED),
        (StepState.INTERRUPTED, RunState.FAILED),
    ],
)
def test_the_run_ends_as_its_bad_step_did(state: StepState, end: RunState) -> None:
    """The run's end tells how its first bad step ended, and its partial changes are kept."""
    outcome = ended(state, ONE_FILE)

    assert outcome.state is end
    assert outcome.keep == ONE_FILE


def test_a_secret_in_the_changes_is_never_kept() -> None:
    """Changes that carry a secret are refused before they are stored, and the value is not told."""
    token = "ghp_" + "a1B2" * 9
    leaky = Changes(
        (FileChange("a.txt", FileMode.FILE, f"{token}\n".encode()),),
        f"diff --git a/a.txt b/a.txt\n--- a/a.txt\n+++ b/a.txt\n@@ -0,0 +1 @@\n+{token}\n".encode(),
    )

    outcome = ended(StepState.SUCCEEDED, leaky)

    assert outcome.state is RunState.FAILED
    assert outcome.keep is None
    assert "a.txt" in outcome.reason
    assert token not in outcome.reason


def test_too_much_to_bring_back_fails_the_run() -> None:
    """When the changes are larger than allowed, the run fails with that sentence."""
    outcome = ended(StepState.SUCCEEDED, UserError("The run changed 5,000 files. Leave some out."))

    assert outcome.state is RunState.FAILED
    assert outcome.reason == "The run changed 5,000 files. Leave some out."
    assert outcome.steps[0].state is StepState.FAILED
