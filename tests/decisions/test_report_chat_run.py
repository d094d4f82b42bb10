"""A run as a message of a chat: what is decided by is shown whole, or cannot be decided there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.chat.message import Buttons, Message, Press, Prose, Steps, TaskState
from bot.plans.model import Action
from bot.reports.chat_run import end_message, run_message
from bot.runs import Run, RunState, Step, StepState
from handlers.slack.blocks import blocks
from tests.decisions.report_samples import PAGE, a_run, parked, step


def waiting(content: str, *, steps: int = 1) -> Run:
    """A parked run whose last step writes this, behind many others."""
    write = Action("write_file", {"path": "CODEOWNERS", "content": content, "mode": None}, "Say who owns it")
    others = [step(number, f"Step {number} " + "x" * 80) for number in range(steps - 1)]
    return parked(*others, Step(steps - 1, write))


def presses(message: Message) -> list[str]:
    return [each.action for each in pressable(message)]


def labels(message: Message) -> list[str]:
    return [each.label for each in pressable(message)]


def pressable(message: Message) -> list[Press]:
    return [
        each
        for part in message.parts
        if isinstance(part, Buttons)
        for each in part.buttons
        if isinstance(each, Press)
    ]


@pytest.mark.parametrize("content", ["* @acme", "* @acme\n" * 150, "&<>" * 200, "ü" * 1_000])
def test_what_waits_is_shown_whole_beside_a_hundred_steps(content: str) -> None:
    """Whatever else has to give way; or there is no button to approve it with."""
    message = run_message(waiting(content, steps=100), page_url=PAGE)

    _, shown = blocks(message, version="v")

    whole = Prose(next(part.text for part in message.parts if isinstance(part, Prose)))
    (alone,) = blocks(Message("", (whole,)), version="v")[1]
    assert alone["elements"] == next(block["elements"] for block in shown if block["type"] == "rich_text")
    assert "approve" in presses(message)


def test_what_cannot_be_shown_whole_cannot_be_approved_by_a_press() -> None:
    """It says where it can be, and can still be denied or cancelled."""
    message = run_message(waiting("x" * 4_000), page_url=PAGE)

    assert presses(message) == ["deny", "cancel"]
    assert "too long to be shown here whole" in str(message.parts)


def test_the_end_calls_who_asked() -> None:
    """In one line, with the way to the log."""
    run = replace(waiting("x"), state=RunState.SUCCEEDED, gate=None)

    message = end_message(run, page_url=PAGE, to="U_WILL")

    assert message.mentions == "U_WILL"
    assert PAGE in str(message.parts)


def test_the_end_of_a_later_attempt_says_which() -> None:
    """Else it reads like the one before it."""
    run = replace(waiting("x"), state=RunState.SUCCEEDED, gate=None, attempt=2)

    assert end_message(run, page_url=PAGE, to="").summary.startswith("Attempt 2: Done")


def test_what_was_skipped_is_not_shown_as_done() -> None:
    """Nothing of a run that was denied has ended or failed, and all of it can be asked for once more."""
    skipped = (step(0, "One", StepState.SKIPPED), step(1, "Two", StepState.SKIPPED))
    run = replace(a_run(RunState.DENIED, *skipped), reason="maint-mia denied it.")

    message = run_message(run, page_url=PAGE)

    (shown,) = [part for part in message.parts if isinstance(part, Steps)]
    assert shown.title == "0 of 2 steps ended, 2 skipped"
    assert {(task.state, task.word) for task in shown.tasks} == {(TaskState.PENDING, "skipped")}
    assert labels(message) == ["Retry"]


def test_retry_is_offered_where_something_is_left_to_do() -> None:
    """A step that failed, and no step that did what it should, whatever came after it."""
    failed = a_run(RunState.FAILED, step(0, "One", StepState.SUCCEEDED), step(1, "Two", StepState.FAILED))
    after = a_run(RunState.FAILED, step(0, "One", StepState.SUCCEEDED))

    assert labels(run_message(failed, page_url=PAGE)) == ["Retry failed"]
    assert labels(run_message(after, page_url=PAGE)) == []
