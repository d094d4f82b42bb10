"""What becomes of an open run when its pull request is not what it was."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.desk.following import End, Remark, verdict, with_head
from bot.ids import Sha
from bot.ports import Pull
from bot.runs import Run, RunState, Supersede
from tests.decisions.report_samples import a_run

NEW = Sha("b" * 40)


def the_pull(run: Run, *, is_open: bool = True, head: Sha | None = None, draft: bool = False) -> Pull:
    target = run.target
    return Pull(
        7, "A change", is_open, draft, head or target.sha, "feature", target.source, "main", Sha("b" * 40)
    )


@pytest.mark.parametrize("supersede", list(Supersede))
def test_a_closed_pull_request_ends_its_runs(supersede: Supersede) -> None:
    """Whatever the configuration says about pushes, and wherever the head is."""
    run = replace(a_run(RunState.RUNNING), supersede=supersede)

    assert verdict(run, the_pull(run, is_open=False)) == End("Pull request 7 was closed.")
    assert verdict(run, the_pull(run, is_open=False, head=NEW)) == End("Pull request 7 was closed.")


@pytest.mark.parametrize("draft", [True, False])
def test_a_pull_request_that_is_as_it_was_changes_nothing(draft: bool) -> None:
    """A draft is worked on like any other."""
    run = a_run(RunState.RUNNING)

    assert verdict(run, the_pull(run, draft=draft)) is None


@pytest.mark.parametrize(
    ("supersede", "follows"),
    [
        (
            Supersede.CANCEL,
            End("The pull request moved on to commit bbbbbbbbbb, so this older run was cancelled."),
        ),
        (Supersede.FINISH, Remark(NEW)),
        (Supersede.NEVER, None),
    ],
)
def test_a_head_that_moved_does_what_the_run_was_begun_with(
    supersede: Supersede, follows: End | Remark | None
) -> None:
    """`cancel` ends it, `finish` tells, `never` does nothing."""
    run = replace(a_run(RunState.RUNNING), supersede=supersede)

    assert verdict(run, the_pull(run, head=NEW)) == follows


def test_however_often_the_head_moves_there_is_one_sentence() -> None:
    """The last commit is named, the other notes stay."""
    once = with_head(["Output was cut."], "a" * 40)

    assert with_head(once, NEW) == [
        "Output was cut.",
        "The pull request has moved on to commit bbbbbbbbbb; this run is of an older one.",
    ]
