"""What Slack sends more than once, or while we are busy, or what only looks as if Slack had sent it."""

from __future__ import annotations

from typing import Any

import pytest

from bot.runs import RunState
from tests.chat import ChatWorld, said

pytestmark = [pytest.mark.docker, pytest.mark.redis, pytest.mark.slow]


def test_an_event_that_is_sent_three_times_begins_one_run(chat: ChatWorld) -> None:
    """Slack tries again whenever it did not see our answer."""
    chat.links("U_WILL")

    chat.mentions(f"run {chat.world.repo}#1 `true`", times=3)

    run = chat.world.run_begins()
    chat.ended(run)
    assert len(chat.world.runs()) == 1


def test_a_command_is_acknowledged_while_nobody_is_there_to_follow_it(chat: ChatWorld) -> None:
    """It is on disk; desk and hands follow it when they are back."""
    chat.links("U_WILL")

    with chat.world.paused("hands"), chat.world.down("desk"):
        answer = chat.commands(f"run {chat.world.repo}#1 `true`")
        assert (answer["status"], answer["seconds"] < 1) == (200, True)

    assert chat.ended(chat.world.run_begins()).state is RunState.SUCCEEDED


def test_a_slack_that_does_not_answer_holds_up_nothing_on_github(chat: ChatWorld) -> None:
    """What is shown on GitHub is shown while a message for Slack still waits for its answer."""
    chat.links("U_WILL")
    chat.slack.hangs("chat.postMessage", seconds=8)
    chat.commands(f"run {chat.world.repo}#1 `true`")
    chat.until(lambda: not chat.slack.sees_state()["faults"])
    answered = len(chat.slack.sees_requests("chat.postMessage"))

    chat.world.comments("/agent help")

    chat.until(lambda: any("`/agent cancel" in each for each in chat.world.said()))
    assert len(chat.slack.sees_requests("chat.postMessage")) == answered
    assert chat.ended(chat.world.run_begins()).state is RunState.SUCCEEDED


def test_the_same_request_once_more_begins_nothing(chat: ChatWorld) -> None:
    """A replay within five minutes has a good signature, and is known."""
    chat.links("U_WILL")
    chat.commands(f"run {chat.world.repo}#1 `true`")
    run = chat.world.run_begins()

    again = chat.slack.replays()

    assert again["status"] == 200
    chat.ended(run)
    assert len(chat.world.runs()) == 1


@pytest.mark.parametrize(
    "flaws",
    [
        {"secret": "another"},
        {"signature": "v1={valid}"},
        {"age": 600},
        {"timestamp": "yesterday"},
        {"omit_headers": ["X-Slack-Request-Timestamp"]},
    ],
    ids=["another secret", "another version", "stale", "no number", "no time"],
)
def test_what_slack_did_not_sign_is_refused(chat: ChatWorld, flaws: dict[str, Any]) -> None:
    """Nothing of it is written down."""
    before = heard(chat)

    answer = chat.commands("run `true`", **flaws)

    assert answer["status"] == 401
    assert heard(chat) == before


def heard(chat: ChatWorld) -> int:
    """How many commands have been written down."""
    return len([name for name, _, _ in chat.world.ledger.deliveries.outcomes() if name == "chat_said"])


def test_a_long_log_is_a_file_in_the_thread(chat: ChatWorld) -> None:
    """Its end is in the message while it runs, and the whole of it below when it is over."""
    chat.links("U_WILL")

    chat.commands(f"run {chat.world.repo}#1 `seq 5000; exit 3`")
    run = chat.world.run_begins()

    assert chat.ended(run).state is RunState.FAILED
    post = chat.post("failed")
    assert "5000" in said(post)
    (file,) = [each for each in chat.slack.sees_files() if run.id in each["name"]]
    assert (file["thread_ts"], "\n4999\n5000\n" in file["text"]) == (post["ts"], True)
    assert chat.buttons(post)[0] == "Retry failed"


def test_a_failed_run_is_retried_by_a_press(chat: ChatWorld) -> None:
    """The same message shows the next attempt, and its end is told anew."""
    chat.links("U_WILL")
    chat.commands(f"run {chat.world.repo}#1 `test -e no.such.file`")
    run = chat.world.run_begins()
    chat.ended(run)

    chat.presses("retry", chat.post("failed"), by="U_WILL")

    chat.until(
        lambda: (found := chat.world.ledger.runs.get(run.id)) and found.attempt == 2 and found.state.final
    )
    chat.ended(run)
    ends = [each for each in chat.thread(chat.post()) if each["mentions"]]
    assert [each["mentions"] for each in ends] == [["user U_WILL"], ["user U_WILL"]]


def test_a_run_is_cancelled_by_a_press(chat: ChatWorld) -> None:
    """By who may; what happened and by whom takes the button's place."""
    chat.links("U_WILL")
    chat.commands(f"run {chat.world.repo}#1 `sleep 600`")
    run = chat.world.step_runs()

    chat.presses("cancel", chat.post("running"), by="U_WILL")

    assert chat.ended(run).state is RunState.CANCELLED
    post = chat.post("Cancelled by writer-will")
    assert "Cancel" not in chat.buttons(post)
