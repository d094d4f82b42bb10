"""A run that is asked for in Slack, from the command to its end in the thread."""

from __future__ import annotations

import pytest

from bot.runs import RunState
from tests.chat import ChatWorld, said

pytestmark = [pytest.mark.docker, pytest.mark.redis, pytest.mark.slow]


def test_a_linked_writer_runs_something_by_a_slash_command(chat: ChatWorld) -> None:
    """A receipt within three seconds, one message with its steps, one end that calls who asked."""
    chat.links("U_WILL")

    answer = chat.commands(f"run {chat.world.repo}#1 `python3 -m unittest tests.test_totals`")

    assert (answer["status"], answer["seconds"] < 3) == (200, True)
    assert "Noted: run" in answer["body"]
    run = chat.world.run_begins()
    assert chat.ended(run).state is RunState.SUCCEEDED
    (post,) = chat.posts()
    assert "Done in" in said(post)
    assert chat.buttons(post) == ["Log", "Check run"]
    (end,) = chat.thread(post)
    assert (end["mentions"], "Done in" in said(end)) == (["user U_WILL"], True)
    assert chat.world.check(run)["conclusion"] == "success"
