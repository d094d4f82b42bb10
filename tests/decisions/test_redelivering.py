"""Which deliveries we missed, decided from GitHub's log of attempts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from bot.desk.redelivering import Redelivering, missed
from bot.ledger import Ledger
from bot.ports import Attempt

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=3)


def attempt(number: int, guid: str, *, answered: bool = False, minutes_ago: int = 5) -> Attempt:
    return Attempt(number, guid, NOW - timedelta(minutes=minutes_ago), answered)


def test_a_delivery_that_was_never_answered_is_missed() -> None:
    """It is asked for by its last attempt."""
    attempts = [attempt(3, "lost"), attempt(2, "heard", answered=True), attempt(1, "lost")]

    assert missed({}, attempts, since=LONG_AGO) == {"lost": attempts[0]}


def test_one_answered_attempt_is_enough() -> None:
    """Whether it came before or after those that failed."""
    attempts = [
        attempt(3, "a"),
        attempt(2, "b", answered=True),
        attempt(2, "a", answered=True),
        attempt(1, "b"),
    ]

    assert missed({}, attempts, since=LONG_AGO) == {}


def test_what_was_missed_before_stays_missed_until_it_is_answered() -> None:
    """A look reads only what is new, and remembers the rest."""
    before = {"old": attempt(1, "old"), "mended": attempt(2, "mended")}

    assert missed(before, [attempt(9, "mended", answered=True)], since=LONG_AGO) == {"old": before["old"]}


def test_what_github_has_forgotten_is_let_go() -> None:
    """After three days there is nothing to ask for."""
    before = {"old": attempt(1, "old", minutes_ago=3 * 24 * 60 + 1)}

    assert missed(before, [], since=LONG_AGO) == {}


@dataclass
class SmallLog:
    """A log of attempts, and a webhook that is away or there."""

    there: bool = False
    asked: list[str] = field(default_factory=list)
    log: list[Attempt] = field(default_factory=list)
    now: datetime = NOW

    def attempts(self, since: datetime) -> Sequence[Attempt]:
        return [each for each in reversed(self.log) if each.at >= since]

    def ask_again(self, attempt: int) -> None:
        self.delivers(next(each.guid for each in self.log if each.id == attempt))
        self.asked.append(self.log[-1].guid)

    def delivers(self, guid: str) -> None:
        self.log.append(Attempt(len(self.log) + 1, guid, self.now, self.there))


@pytest.fixture
def github() -> SmallLog:
    return SmallLog()


@pytest.fixture
def redelivering(ledger: Ledger, github: SmallLog) -> Redelivering:
    return Redelivering(ledger, github, ItsClock(github))


@dataclass
class ItsClock:
    github: SmallLog

    def now(self) -> datetime:
        return self.github.now


def looks(redelivering: Redelivering, github: SmallLog, *, minutes: int) -> None:
    """The desk looks every minute."""
    for _ in range(minutes):
        github.now += timedelta(minutes=1)
        redelivering.look()


def lives_on(redelivering: Redelivering, github: SmallLog, *, hours: int) -> None:
    """Everything is answered but what we ask for again, and the desk looks every hour."""
    for _ in range(hours):
        github.there = True
        github.delivers("fine")
        github.there = False
        redelivering.look()
        github.now += timedelta(hours=1)


def test_a_long_outage_costs_no_delivery(redelivering: Redelivering, github: SmallLog) -> None:
    """While nobody answers, one a minute is asked for and counts for nothing; then all of them."""
    for guid in ("a", "b", "c"):
        github.delivers(guid)
    looks(redelivering, github, minutes=600)
    asked_meanwhile = len(github.asked)

    github.there = True
    looks(redelivering, github, minutes=2)

    assert asked_meanwhile <= 600
    assert sorted(github.asked[asked_meanwhile:]) == ["a", "b", "c"]


def test_what_nobody_ever_answers_is_asked_for_five_times(
    redelivering: Redelivering, github: SmallLog
) -> None:
    """Where everything else is answered, one that is not is given up."""
    github.delivers("poison")

    lives_on(redelivering, github, hours=30)

    assert github.asked == ["poison"] * 5
