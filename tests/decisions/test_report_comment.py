"""The one comment of a run: short, found again by its marker."""

from __future__ import annotations

from dataclasses import replace

from bot.ids import RunId
from bot.reports.comment import comment, marker, reply_marker
from bot.runs import RunState, StepState
from tests.decisions.report_samples import PAGE, a_run, from_a_fork, step
from tests.decisions.test_report_check import DONE, FAILED, LINKS, PYTEST


def test_a_comment_is_the_run_in_a_few_lines() -> None:
    """What, state, a line a step, the outcome, and where the rest is."""
    assert comment(DONE, page_url=PAGE) == (
        "<!-- devops-agent:run:abc1234567 -->\n"
        "**Done in 42 s: the changes are in pull request `#13`.**\n\n"
        "- Step 1, Create the cart: done (1.0 s).\n"
        "- Step 2, Run the tests: done (41 s).\n\n"
        "Review and merge it: [pull request #13](<https://github.com/acme/shop/pull/13>).\n\n"
        f"{LINKS}\n\n"
        f"<sub>Plan `sha256:{DONE.plan.digest}`, read from YAML</sub>"
    )


def test_a_failure_says_which_tests() -> None:
    """With the output at hand the first line counts the tests."""
    shown = comment(FAILED, page_url=PAGE, tails={1: PYTEST})

    assert "**Tests failed in 42 s: 5 of 5. The first one: test\\_total.**" in shown
    assert "- Step 2, Run the tests: failed (42 s). Exit code 1." in shown


def test_a_fork_gets_a_patch_and_the_command_for_it() -> None:
    """Where nothing can be pushed, the comment carries the download and the exact command."""
    shown = comment(from_a_fork(replace(DONE, pull=None)), page_url=PAGE)

    assert "[Download the patch](<https://agent.test/runs/abc1234567/changes.patch?key=page-key>)" in shown
    assert "| git apply --index" in shown


def test_nothing_changed_is_said() -> None:
    """No changes, no pull request, and one sentence that says so."""
    assert "nothing changed, so there is no pull request." in comment(
        replace(DONE, pull=None, changed_files=0), page_url=PAGE
    )


def test_a_long_run_is_told_by_what_matters() -> None:
    """Of thirty steps only those that run or went wrong have a line; the others are counted."""
    steps = [
        step(n, f"Part {n + 1}", StepState.SUCCEEDED if n < 17 else StepState.PENDING) for n in range(30)
    ]
    steps[17] = step(17, "Part 18", StepState.RUNNING)

    shown = comment(a_run(RunState.RUNNING, *steps), page_url=PAGE)

    assert "- Step 18, Part 18: running.\n- 29 more steps: 17 done and 12 waiting." in shown


def test_a_marker_cannot_be_left() -> None:
    """Whatever a key holds, a marker is one hidden comment."""
    assert marker(RunId("abc1234567")) == "<!-- devops-agent:run:abc1234567 -->"
    assert reply_marker("12:34 --> @all") == "<!-- devops-agent:reply:12:34______all -->"
