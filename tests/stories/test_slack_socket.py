"""Slack without a public address: everything comes down a line that we opened, to the same listeners."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.processes.stage import Slack, Wanted, stage
from bot.runs import RunState
from tests.chat import LOGINS, ChatWorld, said
from tests.stories.conftest import SLACK_PACE
from tests.world import new_world

pytestmark = [pytest.mark.docker, pytest.mark.redis, pytest.mark.slow]


@pytest.fixture(scope="module")
def socket_chat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChatWorld]:
    """A stage of its own, whose web has no signing secret and listens to Slack by a socket."""
    settings = {"REDELIVERY_INTERVAL_S": "0", **SLACK_PACE}
    with stage(Wanted(tmp_path_factory.mktemp("socket"), settings=settings, slack=Slack.SOCKET)) as ready:
        ledger = ready.ledger()
        ready.slack.adds_channel("C_LINE", name="line", members=["U_AGENT", *LOGINS])
        chat = ChatWorld(new_world(ready, ledger), "C_LINE")
        chat.until(lambda: ready.slack.sees_state()["sockets"])
        yield chat
        assert ready.slack.sees_broken() == []
        ledger.close()


def test_a_run_from_a_command_to_its_end(socket_chat: ChatWorld) -> None:
    """Linking, a command and a press: none of it came over HTTP."""
    chat = socket_chat
    chat.links("U_WILL")
    answer = chat.commands(f"run {chat.world.repo}#1 `sleep 600`")
    chat.world.step_runs()
    chat.presses("cancel", chat.post("running"), by="U_WILL")

    assert (answer["status"], answer["seconds"] < 3) == (200, True)
    assert chat.ended(chat.world.run_begins()).state is RunState.CANCELLED
    assert "Cancelled by writer-will" in said(chat.post("Cancelled"))


def test_a_line_that_is_cut_is_opened_again(socket_chat: ChatWorld) -> None:
    """Slack asks for it now and then."""
    chat = socket_chat
    chat.links("U_MIA")
    chat.slack.disconnects()

    chat.until(lambda: chat.slack.sees_state()["sockets"])
    chat.commands(f"status {chat.world.repo}#1", by="U_MIA")

    chat.whispered("U_MIA", "run")
