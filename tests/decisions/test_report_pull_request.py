"""The pull request of a run: everything a reviewer asks, and nothing that acts by itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.judging import Accepted
from bot.plans.model import Action, Plan
from bot.ports import Changes, FileChange, FileMode
from bot.reports.pull_request import body, commit_message, title
from bot.runs import Run, StepState
from tests.decisions.report_samples import PAGE, step
from tests.decisions.test_report_check import DONE
from tests.decisions.test_safe import REFERENCE, outside_code, tags

CHANGES = Changes(
    (
        FileChange("cart.py", FileMode.FILE, b"two\n"),
        FileChange("bin/`go`", FileMode.EXECUTABLE, b"x"),
        FileChange("old.py", FileMode.FILE, None),
    ),
    b"",
    left_out=("vendor is its own repository",),
)
HOSTILE = "fixes #1 closes acme/secret#2 @acme/ops ![x](https://sink.test/b.png) <img src=https://sink.test/c.png>\n```"


def asking(run: Run, **parameters: str) -> Run:
    plan = Plan((*run.plan.actions, Action("open_pull_request", parameters, "Open a pull request")))
    return replace(run, plan=plan)


def test_a_body_answers_what_a_reviewer_asks() -> None:
    """What, why, who, the plan, the steps, the files, how to undo."""
    shown = body(DONE, Accepted(CHANGES), page_url=PAGE)

    assert shown.startswith(
        "`octo` asked for this [in a comment](<https://github.com/acme/shop/pull/12#issuecomment-99>)"
    )
    assert "on pull request #12." in shown
    assert "| 2 | Run the tests | done | 41 s |  |" in shown
    assert (
        "- `cart.py`\n- `` bin/`go` `` (executable)\n- `old.py`: deleted\n- vendor is its own repository."
        in shown
    )
    assert f"Plan `sha256:{DONE.plan.digest}`" in shown
    assert "    command: pytest -q\n" in shown
    assert "close this pull request and delete its branch" in shown


def test_warnings_and_a_moved_base_stand_on_top() -> None:
    """What a reviewer must know comes before everything else."""
    accepted = Accepted(CHANGES, ("cart.py line 1 holds characters that one cannot see: U+202E.",))

    shown = body(DONE, accepted, page_url=PAGE, note="The branch cart moved on; the changes were put on top")

    assert (
        "> [!WARNING]\n"
        "> - cart.py line 1 holds characters that one cannot see: U+202E.\n"
        "> - The branch cart moved on; the changes were put on top.\n"
    ) in shown


def test_words_of_others_do_nothing_in_a_pull_request() -> None:
    """Closing keywords, mentions, references, images and HTML from a plan are only shown."""
    run = asking(DONE, title=HOSTILE, body=HOSTILE)
    run = replace(run, steps=(step(0, HOSTILE, StepState.SUCCEEDED),), notes=(HOSTILE,))

    shown = body(run, Accepted(CHANGES, (HOSTILE,)), page_url=PAGE, note=HOSTILE)

    assert set(REFERENCE.findall(outside_code(shown))) == {"#12"}
    assert "img" not in tags(shown)
    assert not REFERENCE.search(title(run))
    assert commit_message(run).replace(run.plan.digest, "") == commit_message(DONE).replace(
        DONE.plan.digest, ""
    )


@pytest.mark.parametrize(
    ("run", "said"),
    [
        (asking(DONE, title="Mend the cart"), "Mend the cart"),
        (asking(DONE, title="Fixes #3"), "Fixes no. 3"),
        (DONE, "Changes from an agent run for #12"),
        (replace(DONE, plan=Plan(DONE.plan.actions[:1])), "Create the cart (for #12)"),
    ],
)
def test_the_title_is_the_one_that_was_asked_for(run: Run, said: str) -> None:
    """The plan's title, else what the only step does, else which pull request it was for."""
    assert title(run) == said


def test_a_commit_message_holds_only_our_words() -> None:
    """A commit message is obeyed by GitHub, so nobody else's words are in it."""
    assert commit_message(DONE) == (
        "Apply the changes of agent run abc1234567\n\n"
        "Asked for by octo on pull request 12.\n"
        f"Plan sha256:{DONE.plan.digest}\n"
    )


def test_a_body_is_never_too_long() -> None:
    """A huge plan and thousands of files are summed up."""
    many = Changes(tuple(FileChange(f"{n}/{'漢' * 80}", FileMode.FILE, b"") for n in range(5000)), b"")
    run = asking(DONE, body="word " * 50_000, title="x")
    run = replace(run, steps=tuple(step(n, "漢" * 300) for n in range(500)))

    shown = body(run, Accepted(many), page_url=PAGE)

    assert len(shown.encode()) <= 65_535
    assert "- 4,900 more files." in shown
    assert "It is too long to be shown here" in shown
