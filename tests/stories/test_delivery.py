"""Deliveries: each is done once, however often it comes, and none is lost while a part of us is away."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.runs import RunState
from tests.world import Json, World

pytestmark = [pytest.mark.docker, pytest.mark.redis, pytest.mark.slow]


@pytest.fixture
def told(world: World) -> Iterator[Json]:
    """The delivery of a command that has had its run."""
    delivery = world.delivery(world.comments("/agent run `true`"))
    assert world.run_ends().state is RunState.SUCCEEDED
    yield delivery
    world.is_quiet()
    assert len(world.runs()) == 1
    assert len(world.checks()) == 1
    assert len(world.said()) == 1


def test_a_redelivery_does_nothing_more(world: World, told: Json) -> None:
    """GitHub's own redelivery button has the same GUID and the same content."""
    world.stage.driver.redelivers(told["id"])

    again = world.stage.driver.until(
        lambda: [
            each
            for each in world.stage.driver.sees_deliveries()
            if each["redelivery"] and each["guid"] == told["guid"] and each["status_code"]
        ]
    )

    assert again[0]["status_code"] == 202
    assert "this was told before" in again[0]["response"]["payload"]


@pytest.mark.parametrize("guid", ["", "another-guid-than-the-first"])
def test_the_same_words_under_another_guid_do_nothing_more(world: World, told: Json, guid: str) -> None:
    """A GUID is not signed, so the content alone makes a delivery the same."""
    answer = world.sends(told["request"]["payload"], guid=guid)

    assert answer.status_code == 202
    assert answer.json()["result"] == "duplicate"


def test_twenty_copies_at_once_are_one(world: World, told: Json) -> None:
    """Copies with GUIDs of their own that arrive together are all acknowledged and all known."""
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: world.sends(told["request"]["payload"]), range(20)))

    assert [answer.status_code for answer in answers] == [202] * 20
    assert {answer.json()["result"] for answer in answers} == {"duplicate"}


def test_twenty_copies_at_once_begin_one_run(world: World) -> None:
    """Of twenty first deliveries at once exactly one counts."""
    driver = world.stage.driver
    driver.disturbs_hooks("drop", event="issue_comment")
    dropped = world.delivery(world.comments("/agent run `true`"))
    assert world.runs() == []

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: world.sends(dropped["request"]["payload"]), range(20)))

    assert sorted(answer.json()["result"] for answer in answers) == ["accepted", *["duplicate"] * 19]
    assert world.run_ends().state is RunState.SUCCEEDED
    world.is_quiet()
    assert len(world.runs()) == 1


def test_what_github_did_not_sign_is_refused(world: World) -> None:
    """A wrong key gets 401 and leaves no trace."""
    driver = world.stage.driver
    driver.disturbs_hooks("drop", event="issue_comment")
    dropped = world.delivery(world.comments("/agent run `true`"))

    answer = world.sends(dropped["request"]["payload"], key="not the secret")

    assert answer.status_code == 401
    world.is_quiet()
    assert world.runs() == []


def test_a_comment_while_redis_is_down_is_kept(world: World) -> None:
    """The delivery is acknowledged without Redis, and runs when Redis is back, empty as it may be."""
    with world.redis_down():
        delivery = world.delivery(world.comments("/agent run `true`"))
        answered = world.until(lambda: _answered(world, delivery))
        assert answered["status_code"] == 202

    assert world.run_ends().state is RunState.SUCCEEDED


def _answered(world: World, delivery: Json) -> Json | None:
    found = [each for each in world.stage.driver.sees_deliveries() if each["id"] == delivery["id"]]
    return found[0] if found[0]["status_code"] else None


def test_a_comment_while_the_desk_is_down_is_handled_later(world: World) -> None:
    """The door hears without the desk; nothing is lost."""
    with world.down("desk"):
        world.comments("/agent run `true`")
        world.stage.driver.until_hooks_are_idle()
        assert world.said() == []

    assert world.run_ends().state is RunState.SUCCEEDED


def test_a_run_while_hands_are_down_waits_for_them(world: World) -> None:
    """The check run says that it waits; hands take it when they are back."""
    with world.down("hands"):
        world.comments("/agent run `true`")
        world.until(lambda: [each["status"] for each in world.checks()] == ["queued"])

    assert world.run_ends().state is RunState.SUCCEEDED
