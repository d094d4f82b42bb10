"""Where only two talk: what is written to us directly, and what is asked where two others write."""

from __future__ import annotations

from typing import Any

import pytest

from bot.runs import RunState
from tests.chat import ChatWorld, said

pytestmark = [pytest.mark.docker, pytest.mark.redis, pytest.mark.slow]


def told(chat: ChatWorld, text: str, *, after: dict[str, Any]) -> dict[str, Any]:
    """What U_WILL was told directly after this message of theirs."""

    def later() -> list[dict[str, Any]]:
        return [each for each in chat.directly("U_WILL") if each["ts"] > after["ts"] and text in said(each)]

    return dict(chat.until(later)[0])


def test_what_is_written_directly_is_a_command(chat: ChatWorld) -> None:
    """With our name before it or without."""
    chat.links("U_WILL")

    plainly = chat.writes(f"status {chat.world.repo}#1")
    told(chat, "no run", after=plainly)
    called = chat.writes(f"<@U_AGENT> status {chat.world.repo}#1")

    assert told(chat, "no run", after=called)["thread_ts"] is None


def test_a_run_that_is_shown_directly_is_cancelled_below_it(chat: ChatWorld) -> None:
    """Nobody else reads of a private repository, and who asked can steer it there."""
    chat.links("U_WILL")
    private = chat.world.owned_by("acme")
    private.makes_private()
    chat.commands(f"run {private.repo}#1 `sleep 60`")
    run = private.step_runs()
    (post,) = chat.until(lambda: [each for each in chat.directly("U_WILL") if run.id in said(each)])

    chat.writes("cancel", thread=post["ts"])

    assert chat.ended(run).state is RunState.CANCELLED
    assert chat.posts() == []


def test_a_run_can_be_asked_for_directly(chat: ChatWorld) -> None:
    """In the thread in which it is asked for it is shown, and so is its end."""
    chat.links("U_WILL")
    first = chat.writes(f"Look at {chat.world.repo}#1, please")
    told(chat, "/agent help", after=first)

    chat.writes("run\n\n- `echo quietly`", thread=first["ts"])

    run = chat.world.run_begins()
    assert chat.ended(run).state is RunState.SUCCEEDED
    found = [each for each in chat.directly("U_WILL") if each["thread_ts"] == first["ts"]]
    assert len([each for each in found if run.id in str(each)]) == 2


def test_what_is_no_command_is_answered_with_help(chat: ChatWorld) -> None:
    """Whoever writes to somebody is not left without an answer."""
    chat.links("U_WILL")

    greeting = chat.writes("Hello, what can you do?")

    told(chat, "The slash command alone opens a form", after=greeting)


def test_who_is_nobody_yet_is_offered_a_link(chat: ChatWorld) -> None:
    """As everywhere; their words begin nothing."""
    chat.writes(f"run {chat.world.repo}#1 `true`", by="U_NOLINK")

    chat.until(lambda: [each for each in chat.directly("U_NOLINK") if "who you are on GitHub" in said(each)])
    assert chat.world.runs() == []


def test_what_is_asked_where_two_others_write_is_answered_directly(chat: ChatWorld) -> None:
    """We are not there, and of a private repository the other one reads nothing."""
    chat.links("U_WILL")
    chat.world.makes_private()
    talk = chat.slack.talks("U_WILL", to="U_MIA")

    chat.slack.commands(f"run {chat.world.repo}#1 `echo between us`", by="U_WILL", channel=talk)

    run = chat.world.run_begins()
    assert chat.ended(run).state is RunState.SUCCEEDED
    chat.until(lambda: [each for each in chat.directly("U_WILL") if run.id in said(each)])
    assert chat.slack.sees_messages(talk) == []
    assert not [each for each in chat.directly("U_MIA") if run.id in said(each)]
