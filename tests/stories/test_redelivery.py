"""What GitHub could not deliver is fetched later, by itself, and happens once."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from bot.ledger import Ledger
from bot.processes.stage import Stage, Wanted, stage
from bot.runs import RunState
from tests.world import World, new_world

pytestmark = [pytest.mark.docker, pytest.mark.redis, pytest.mark.slow]


@pytest.fixture(scope="module")
def looking_back(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stage, Ledger]]:
    """A stage that looks into GitHub's log of deliveries every second."""
    settings = {"UPDATE_INTERVAL_S": "1", "REDELIVERY_INTERVAL_S": "1"}
    with stage(Wanted(folder=tmp_path_factory.mktemp("looking-back"), settings=settings)) as ready:
        ledger = ready.ledger()
        yield ready, ledger
        ledger.close()


@pytest.fixture
def world(looking_back: tuple[Stage, Ledger]) -> World:
    """Who finds web away asks again a minute later, whatever was missed meanwhile."""
    return replace(new_world(*looking_back), patience_s=150.0)


@contextmanager
def locked(world: World) -> Iterator[None]:
    """Somebody else writes to the ledger meanwhile, and does not come to an end."""
    connection = sqlite3.connect(world.stage.folder / "ledger.db", isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()


def test_a_comment_while_web_is_down_is_a_run_when_it_is_back(world: World) -> None:
    """Nobody has to press "Redeliver"."""
    with world.down("web"):
        world.comments("/agent run `true`")
        world.stage.driver.until_hooks_are_idle()

    assert world.run_ends().state is RunState.SUCCEEDED
    world.is_quiet()
    assert len(world.runs()) == 1


def test_a_comment_that_could_not_be_written_down_is_a_run_later(world: World) -> None:
    """What was answered with 503 counts as not delivered."""
    with locked(world):
        delivery = world.delivery(world.comments("/agent run `true`"))
        world.stage.driver.until_hooks_are_idle(seconds=30)
        told = [each for each in world.stage.driver.sees_deliveries() if each["id"] == delivery["id"]]
        assert told[0]["status_code"] in (503, 504)

    assert world.run_ends().state is RunState.SUCCEEDED
    world.is_quiet()
    assert len(world.runs()) == 1


def test_what_is_delivered_by_hand_meanwhile_is_one_run(world: World) -> None:
    """A person presses "Redeliver" while we ask for it as well."""
    with world.down("web"):
        delivery = world.delivery(world.comments("/agent run `true`"))
        world.stage.driver.until_hooks_are_idle()
    world.stage.driver.redelivers(delivery["id"])
    world.stage.driver.redelivers(delivery["id"])

    assert world.run_ends().state is RunState.SUCCEEDED
    world.is_quiet()
    assert len(world.runs()) == 1
