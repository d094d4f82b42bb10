"""Prose in Slack: whoever asks is told that a model reads it, before it has made a plan."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.processes.stage import Slack, Wanted, stage
from tests.chat import LOGINS, ChatWorld, said
from tests.stories.conftest import SLACK_PACE
from tests.world import new_world

pytestmark = [pytest.mark.docker, pytest.mark.redis, pytest.mark.slow]

TESTS = {
    "plan": {
        "actions": [
            {
                "action_type": "run_command",
                "parameters": {"command": "true"},
                "step_description": "",
                "depends_on": None,
            }
        ],
        "error_handling": None,
    },
    "cannot": None,
}
READS = "A model reads that now"


@pytest.fixture(scope="module")
def prose_chat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChatWorld]:
    """A stage of its own, with a Slack and a model."""
    settings = {"REDELIVERY_INTERVAL_S": "0", **SLACK_PACE}
    wanted = Wanted(tmp_path_factory.mktemp("prose"), settings=settings, slack=Slack.HTTP, model=True)
    with stage(wanted) as ready:
        ledger = ready.ledger()
        ready.slack.adds_channel("C_PROSE", name="prose", members=["U_AGENT", *LOGINS])
        chat = ChatWorld(new_world(ready, ledger), "C_PROSE")
        chat.links("U_WILL")
        yield chat
        assert ready.slack.sees_broken() == []
        ledger.close()


def test_who_asks_in_prose_hears_at_once_that_a_model_reads_it(prose_chat: ChatWorld) -> None:
    """A plan can take minutes, and nobody should wonder whether they were heard."""
    chat = prose_chat
    chat.world.stage.model.is_silent(2)
    chat.world.stage.model.answers(TESTS)

    asked = chat.mentions(f"run make sure that carts add up in {chat.world.repo}")

    heard = chat.whispered("U_WILL", READS)
    (post,) = chat.until(lambda: [each for each in chat.thread(asked) if "true" in said(each)][:1])
    assert asked["ts"] < heard["ts"] < post["ts"]


def test_what_needs_no_model_is_not_said_to_be_read_by_one(prose_chat: ChatWorld) -> None:
    """Then the run is there at once."""
    chat = prose_chat

    asked = chat.mentions(f"run `echo plain` in {chat.world.repo}")

    chat.until(lambda: [each for each in chat.thread(asked) if "echo plain" in said(each)])
    later = [each for each in chat.slack.sees_ephemerals("U_WILL") if each["ts"] > asked["ts"]]
    assert not [each for each in later if READS in said(each)]
