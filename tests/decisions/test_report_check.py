"""What a check run shows in each state of a run, word for word."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.ports import Annotation, Conclusion, Level
from bot.reports.check import check
from bot.runs import PullRef, Run, RunState, StepState
from tests.decisions.report_samples import PAGE, a_run, at, from_a_fork, parked, step

PYTEST = (Path(__file__).parent / "tool_output" / "pytest-short.txt").read_text()
DONE = replace(
    a_run(
        RunState.SUCCEEDED,
        step(0, "Create the cart", StepState.SUCCEEDED),
        step(1, "Run the tests", StepState.SUCCEEDED, seconds=41),
    ),
    pull=PullRef(13, "https://github.com/acme/shop/pull/13", "agent/abc1234567"),
    changed_files=1,
)
FAILED = a_run(
    RunState.FAILED,
    step(0, "Install", StepState.SUCCEEDED),
    step(1, "Run the tests", StepState.FAILED, seconds=42),
    step(2, "Tell @acme/ops, fixes #1 | now", StepState.SKIPPED),
)
LINKS = (
    "[Asked for](<https://github.com/acme/shop/pull/12#issuecomment-99>) by `octo`, on commit "
    "[`0123456`](<https://github.com/acme/shop/commit/0123456789abcdef0123456789abcdef01234567>). "
    "[Log and details](<https://agent.test/runs/abc1234567?key=page-key>)."
)


def test_a_run_that_succeeded() -> None:
    """Success says where the changes are, lists every step, and links to all there is."""
    shown = check(DONE, tails={1: "\x1b[32m5 passed\x1b[0m in 0.10s\n"}, page_url=PAGE)

    assert (shown.name, shown.external_id, shown.details_url) == ("devops-agent / run", "abc1234567", PAGE)
    assert (shown.status, shown.conclusion) == ("completed", Conclusion.SUCCESS)
    assert (shown.started_at, shown.completed_at) == (at(1), at(43))
    assert shown.title == "Done in 42 s: the changes are in pull request #13."
    assert shown.summary == (
        "Review and merge it: [pull request #13](<https://github.com/acme/shop/pull/13>).\n\n"
        "| # | Step | State | Time | Note |\n"
        "| ---: | --- | --- | ---: | --- |\n"
        "| 1 | Create the cart | done | 1.0 s |  |\n"
        "| 2 | Run the tests | done | 41 s |  |\n\n"
        f"{LINKS}\n\n"
        f"Plan `sha256:{DONE.plan.digest}`, read from YAML"
    )
    assert shown.text == (
        "### Step 2: Run the tests\n\n```\n5 passed in 0.10s\n```\n\n"
        "The whole log is [on the page of this run](<https://agent.test/runs/abc1234567?key=page-key>)."
    )


def test_a_run_whose_tests_failed() -> None:
    """A failure names the tests, and what a step is called cannot call anybody or leave its cell."""
    shown = check(FAILED, tails={1: PYTEST}, page_url=PAGE)

    assert shown.conclusion is Conclusion.FAILURE
    assert shown.title == "Tests failed in 42 s: 5 of 5. The first one: test_total."
    assert "| 2 | Run the tests | failed | 42 s | Exit code 1. |" in shown.summary
    assert "| 3 | Tell `@acme/ops`, fixes `#1` \\| now | skipped |  |  |" in shown.summary
    assert "AssertionError: a label is text" in shown.text
    assert "\x1b" not in shown.text


def test_a_run_that_goes_on() -> None:
    """While it runs there is no conclusion, no end and no button."""
    shown = check(
        a_run(
            RunState.RUNNING, step(0, "Install", StepState.SUCCEEDED), step(1, "Test it", StepState.RUNNING)
        ),
        tails={},
        page_url=PAGE,
    )

    assert (shown.status, shown.conclusion, shown.completed_at) == ("in_progress", None, None)
    assert shown.title == "Step 2 of 2 is running: Test it."
    assert "| 2 | Test it | running | running |  |" in shown.summary
    assert shown.text == "There is no output yet."
    assert shown.buttons == ()


def test_an_ended_run_can_be_run_again() -> None:
    """The one button keeps GitHub's limits."""
    (button,) = check(DONE, tails={}, page_url=PAGE).buttons

    assert button.identifier == "again"
    assert len(button.label) <= 20
    assert len(button.description) <= 40


def test_annotations_are_passed_on() -> None:
    """What the reconciler wants sent now is what the check run carries."""
    found = Annotation("cart.py", 3, Level.FAILURE, "assert 2 == 3")

    assert check(FAILED, tails={}, page_url=PAGE, annotations=[found]).annotations == (found,)


NOTHING = replace(DONE, pull=None, changed_files=0)
FORK = from_a_fork(replace(DONE, pull=None))
LATE = replace(a_run(RunState.TIMED_OUT, step(0, "Sleep", StepState.TIMED_OUT)), ended_at=at(3601))
TWO = (step(0, "One", StepState.SUCCEEDED), step(1, "Two"))


@pytest.mark.parametrize(
    ("run", "conclusion", "title"),
    [
        (a_run(RunState.QUEUED, *TWO), None, "Waiting to start: 2 steps."),
        (
            parked(step(0, "One"), step(1, "Two")),
            Conclusion.ACTION_REQUIRED,
            "Waiting for approval of 1 of 2 steps.",
        ),
        (a_run(RunState.RUNNING, step(0, "One")), None, "Getting ready: 1 step to go."),
        (a_run(RunState.PUBLISHING, *TWO), None, "1 of 2 steps done. The result is being handed in."),
        (NOTHING, Conclusion.SUCCESS, "Done in 42 s: nothing changed, so there is no pull request."),
        (FORK, Conclusion.SUCCESS, "Done in 42 s: the changes are ready to download as a patch."),
        (FAILED, Conclusion.FAILURE, "Step 2 of 3 failed after 42 s: Run the tests."),
        (a_run(RunState.CANCELLED, *TWO), Conclusion.CANCELLED, "Cancelled after 1 of 2 steps."),
        (
            LATE,
            Conclusion.TIMED_OUT,
            "Stopped after 1 h 0 min: the time for this run was up during step 1 of 1.",
        ),
        (
            replace(a_run(RunState.DENIED, *TWO), reason="`run` needs write access; @octo has read"),
            Conclusion.ACTION_REQUIRED,
            "`run` needs write access; (at)octo has read.",
        ),
        (
            a_run(RunState.EXPIRED),
            Conclusion.ACTION_REQUIRED,
            "This run expired before it could start. Nothing was done.",
        ),
        (
            a_run(RunState.BUDGET_EXHAUSTED, *TWO),
            Conclusion.FAILURE,
            "The budget was used up after 1 of 2 steps.",
        ),
    ],
)
def test_every_state_has_its_sentence_and_its_conclusion(
    run: Run, conclusion: Conclusion | None, title: str
) -> None:
    """One truthful sentence, made by code, says how the run stands."""
    shown = check(run, tails={}, page_url=PAGE)

    assert (shown.conclusion, shown.title) == (conclusion, title)


def test_a_fork_is_told_how_to_apply_the_patch() -> None:
    """Where nothing can be pushed, the exact command is there."""
    command = "curl -fsSL 'https://agent.test/runs/abc1234567/changes.patch?key=page-key' | git apply --index"

    assert f"```sh\n{command}\n```" in check(FORK, tails={}, page_url=PAGE).summary


def test_a_failed_step_gets_the_most_room() -> None:
    """When not all output fits, the end of the failed step is the longest, and what is missing is said."""
    shown = check(FAILED, tails={0: "fine\n" * 40_000, 1: "wrong\n" * 40_000}, page_url=PAGE)

    assert len(shown.text.encode()) <= 65_535
    assert shown.text.count("wrong") > 3 * shown.text.count("fine") > 0
    assert shown.text.count("bytes are left out here") == 2


def test_output_that_the_caller_left_out_is_counted() -> None:
    """The tail of a step is not passed off as all of its output."""
    long = replace(
        FAILED, steps=(FAILED.steps[0], replace(FAILED.steps[1], output_bytes=1_000_003), FAILED.steps[2])
    )

    assert (
        "_The first 1,000,000 bytes are left out here._" in check(long, tails={1: "end"}, page_url=PAGE).text
    )


@given(
    st.lists(
        st.tuples(st.text(max_size=300), st.text(max_size=300), st.sampled_from(StepState)), max_size=40
    ),
    st.text(max_size=3000),
    st.sampled_from([1, 50, 400]),
)
def test_no_report_is_too_large(written: list[tuple[str, str, StepState]], tail: str, times: int) -> None:
    """Whatever steps are called and write, GitHub's limit of 65,535 bytes is kept."""
    steps = [replace(step(n, name, state), note=note) for n, (name, note, state) in enumerate(written)]
    shown = check(
        a_run(RunState.FAILED, *steps), tails={each.index: tail * times for each in steps}, page_url=PAGE
    )

    assert len(shown.summary.encode()) <= 65_535
    assert len(shown.text.encode()) <= 65_535


def test_a_table_of_a_thousand_steps_still_fits() -> None:
    """A table that is too long ends in a sentence that says so."""
    steps = [replace(step(n, "漢" * 300), note="@" * 300) for n in range(1000)]

    summary = check(a_run(RunState.RUNNING, *steps), tails={}, page_url=PAGE).summary

    assert len(summary.encode()) <= 65_535
    assert "more steps on the run's page." in summary
