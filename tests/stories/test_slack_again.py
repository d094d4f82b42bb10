"""A run that is asked for once more in Slack, wherever it began."""

from __future__ import annotations

import pytest

from bot.runs import Run, RunState
from tests.chat import ChatWorld, said

pytestmark = [pytest.mark.docker, pytest.mark.redis, pytest.mark.slow]


def goes_on(chat: ChatWorld, run: Run) -> None:
    """Its second attempt runs."""
    chat.until(
        lambda: [each for each in chat.world.runs() if each.id == run.id and each.state is RunState.RUNNING]
    )


def test_an_announced_failure_shows_what_comes_of_its_retry(chat: ChatWorld) -> None:
    """While it goes and when it has ended, also where it does not fail again; who pressed is told."""
    chat.links("U_MIA", "U_WILL")
    chat.binds(announce="failures")
    chat.world.comments("/agent run `sleep 4; false`")
    run = chat.world.run_ends()
    post = chat.post("failed")

    chat.presses("retry", post, by="U_WILL")
    goes_on(chat, run)

    assert chat.buttons(chat.post("is running")) == ["Cancel", "Log", "Check run"]
    chat.presses("cancel", post, by="U_WILL")
    assert chat.ended(run).state is RunState.CANCELLED
    assert "Cancelled by writer-will" in said(chat.post())
    (end,) = chat.thread(post)
    assert (end["mentions"], "Cancelled by writer-will" in said(end)) == (["user U_WILL"], True)


def test_a_run_of_github_that_is_retried_here_is_shown_here(chat: ChatWorld) -> None:
    """Like one that began here: its message, and its end for who asked."""
    chat.links("U_WILL")
    chat.world.comments("/agent run `false`")
    run = chat.world.run_ends()

    asked = chat.mentions(f"retry {run.id} in {chat.world.repo}")

    told = chat.until(lambda: [each for each in chat.thread(asked) if each["mentions"]])
    assert chat.ended(run).attempt == 2
    assert (told[-1]["mentions"], "failed" in said(told[-1])) == (["user U_WILL"], True)
    assert f"Run {run.id}" in said(chat.thread(asked)[0])


def test_a_run_that_was_not_worth_announcing_is_shown_where_it_is_retried(chat: ChatWorld) -> None:
    """From the start of that attempt, once."""
    chat.links("U_MIA", "U_WILL")
    chat.binds(announce="failures")
    chat.world.comments("/agent run `sleep 600`")
    run = chat.world.step_runs()
    chat.world.comments("/agent cancel")
    chat.world.run_ends()

    chat.commands(f"retry {run.id}")
    goes_on(chat, run)

    post = chat.post("is running")
    chat.presses("cancel", post, by="U_WILL")
    assert chat.ended(run).state is RunState.CANCELLED
    assert len(chat.posts()) == 1
    assert [each["mentions"] for each in chat.thread(post)] == [["user U_WILL"]]
