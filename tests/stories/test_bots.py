"""Bots: only those whose App the server lists by its id, and only for what they may ask."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from bot.ids import Login, Person
from bot.runs import RunState
from tests.stories.conftest import StrictStage
from tests.world import World

pytestmark = [pytest.mark.docker, pytest.mark.redis, pytest.mark.slow]

LISTED = 29110
BOT = {"id": 77, "login": "upgrades[bot]", "type": "Bot"}


@pytest.fixture
def world(strict_stage: StrictStage) -> World:
    return strict_stage.world()


def bot_says(world: World, text: str, *, app: int) -> None:
    """As GitHub tells of a comment of this App's bot, signed."""
    told = world.delivery(world.comments("Good morning."))["request"]["payload"]
    payload: dict[str, Any] = copy.deepcopy(told)
    payload["sender"] |= BOT
    payload["comment"]["user"] |= BOT
    payload["comment"] |= {"body": text, "performed_via_github_app": {"id": app, "slug": "upgrades"}}
    assert world.sends(payload).json()["result"] == "accepted"


def test_a_listed_bot_begins_a_run(world: World) -> None:
    """It has no role on GitHub; the list stands for `write`, and the run is its own to the end."""
    bot_says(world, "/agent run `true`", app=LISTED)

    run = world.run_ends()
    assert run.state is RunState.SUCCEEDED
    assert run.requester == Person(77, Login("upgrades[bot]"), LISTED)


def test_another_bot_is_not_even_answered(world: World) -> None:
    """Whatever it is called: two bots that answer each other would never end."""
    bot_says(world, "/agent run `true`", app=LISTED + 1)
    world.is_quiet()

    assert (world.runs(), world.said()) == ([], [])


@pytest.mark.parametrize("verb", ["approve abc1234567", "deny abc1234567", "lock production", "undo"])
def test_a_bot_answers_for_nobody(world: World, verb: str) -> None:
    """An approval, a lock, and taking back what others did are for people."""
    bot_says(world, f"/agent {verb}", app=LISTED)

    assert f"Only people may use `{verb.partition(' ')[0]}`." in world.answers()
