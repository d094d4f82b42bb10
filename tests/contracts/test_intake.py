"""Intake: an answer only when the delivery is on disk, many deliveries in one write."""

from __future__ import annotations

import asyncio

import pytest

from bot.deliveries import Delivery, Stored
from bot.errors import Hiccup
from bot.events import Pinged
from bot.intake import Intake
from bot.ledger import Ledger
from tests.scripted import Clock


def delivery(number: int, *, content: str = "") -> Delivery:
    return Delivery(f"g{number}", "ping", content or f"c{number}", Pinged("zen"))


async def store_all(intake: Intake, deliveries: list[Delivery]) -> list[Stored]:
    return list(await asyncio.gather(*(intake.store(each) for each in deliveries)))


def test_what_is_answered_is_in_the_ledger(ledger: Ledger) -> None:
    """A hundred at once are all accepted, all there, and the desk is told of each."""
    told: list[int] = []
    intake = Intake(ledger, pass_on=told.extend, clock=Clock())

    answers = asyncio.run(store_all(intake, [delivery(number) for number in range(100)]))
    intake.close()

    assert answers == [Stored.ACCEPTED] * 100
    assert len(ledger.deliveries.outcomes()) == 100
    assert sorted(told) == list(range(1, 101))


def test_fifty_copies_at_once_are_one(ledger: Ledger) -> None:
    """Of the same happening one is accepted, the others are duplicates, and the desk is told once."""
    told: list[int] = []
    intake = Intake(ledger, pass_on=told.extend, clock=Clock())
    copies = [delivery(number, content="same") for number in range(50)]

    answers = asyncio.run(store_all(intake, copies))
    intake.close()

    assert sorted(answers) == [Stored.ACCEPTED] + [Stored.DUPLICATE] * 49
    assert len(told) == 1


def test_a_queue_that_is_away_does_not_lose_a_delivery(ledger: Ledger) -> None:
    """When the desk cannot be told, the delivery is accepted all the same: the sweeper finds it."""

    def away(_: list[int]) -> None:
        raise Hiccup("Redis is away.")

    intake = Intake(ledger, pass_on=away, clock=Clock())

    answers = asyncio.run(store_all(intake, [delivery(1)]))
    intake.close()

    assert answers == [Stored.ACCEPTED]
    assert ledger.deliveries.due(Clock().now()) == [1]


def test_a_ledger_that_cannot_write_accepts_nothing(ledger: Ledger) -> None:
    """Whatever keeps the row from being written reaches the sender as a failure, never as a yes."""
    intake = Intake(ledger, pass_on=lambda _: None, clock=Clock())
    unwritable = Delivery("g", "ping", "c", Pinged("half a \ud83d character"))

    with pytest.raises(ValueError, match="surrogates"):
        asyncio.run(store_all(intake, [unwritable]))

    assert asyncio.run(store_all(intake, [delivery(2)])) == [Stored.ACCEPTED]
    intake.close()
