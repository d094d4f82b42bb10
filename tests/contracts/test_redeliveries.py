"""Asking for missed deliveries: what the ledger remembers, and GitHub's log as the adapter reads it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import UserError
from bot.ledger import Ledger
from handlers.github.client import GitHubForge
from playground import Playground, serve
from playground.driver import Driver

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PAUSES = (timedelta(minutes=1), timedelta(minutes=5))
NOBODY_LISTENS = "http://127.0.0.1:9/webhooks/github"


# --- the ledger ----------------------------------------------------------------------------------------


def test_a_delivery_is_asked_for_with_growing_pauses_and_not_for_ever(ledger: Ledger) -> None:
    """Once, again after each pause, and then no more."""
    minutes = [0, 0.5, 1, 5, 6, 60, 600]

    claims = [ledger.redeliveries.claim("g", NOW + timedelta(minutes=each), PAUSES) for each in minutes]

    assert claims == [True, False, True, False, True, False, False]


def test_two_desks_do_not_ask_for_the_same(ledger: Ledger) -> None:
    """Of many who want to at the same moment, one may."""
    with ThreadPoolExecutor(8) as pool:
        claims = list(pool.map(lambda _: ledger.redeliveries.claim("g", NOW, PAUSES), range(8)))

    assert sorted(claims) == [False] * 7 + [True]


def test_a_probe_is_made_now_and_then(ledger: Ledger) -> None:
    """By one of all desks, again after each pause, as often as it takes."""
    minutes = [0, 0.5, 1, 1.5, 2, 600]

    claims = [
        ledger.redeliveries.claim_probe(NOW + timedelta(minutes=each), timedelta(minutes=1))
        for each in minutes
    ]

    assert claims == [True, False, True, False, True, True]


def test_what_is_forgotten_is_new_again(ledger: Ledger) -> None:
    """Rows do not stay for ever."""
    ledger.redeliveries.claim("g", NOW, PAUSES)

    ledger.redeliveries.forget(NOW + timedelta(days=4))

    assert ledger.redeliveries.claim("g", NOW, PAUSES)


# --- GitHub's log --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def playground() -> Iterator[Playground]:
    with serve() as it:
        yield it


@pytest.fixture
def github(playground: Playground) -> Iterator[Driver]:
    """A GitHub whose webhooks reach nobody."""
    playground.driver.reset()
    playground.driver.sets_webhook(NOBODY_LISTENS)
    yield playground.driver
    playground.driver.sets_webhook("")
    assert playground.driver.sees_trouble() == {"unknown_routes": [], "broken_contracts": []}


@pytest.fixture
def forge(playground: Playground, github: Driver) -> Iterator[GitHubForge]:
    known = playground.credentials
    forge = GitHubForge(known.app_id, known.private_key, playground.url)
    yield forge
    forge.close()


def test_an_attempt_that_reached_nobody_is_in_the_log(github: Driver, forge: GitHubForge) -> None:
    """With its GUID, and as not answered."""
    github.comments("/agent help")
    github.until_hooks_are_idle()

    attempts = forge.delivery_log.attempts(datetime.now(UTC) - timedelta(hours=1))

    told = github.sees_deliveries()
    assert [(each.id, each.guid, each.answered) for each in attempts] == [
        (each["id"], each["guid"], False) for each in reversed(told)
    ]


def test_a_long_log_is_read_page_by_page(github: Driver, forge: GitHubForge) -> None:
    """Also what is not on the first page of a hundred."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: github.comments(f"{number}"), range(130)))
    github.until_hooks_are_idle()

    attempts = forge.delivery_log.attempts(datetime.now(UTC) - timedelta(hours=1))

    assert len({each.id for each in attempts}) == len(github.sees_deliveries()) >= 130


def test_what_is_older_is_not_read(github: Driver, forge: GitHubForge) -> None:
    """The log is read back to the moment that is asked for."""
    github.comments("/agent help")
    github.until_hooks_are_idle()

    assert forge.delivery_log.attempts(datetime.now(UTC) + timedelta(minutes=1)) == []


def test_asking_again_is_another_attempt_of_the_same_delivery(github: Driver, forge: GitHubForge) -> None:
    """GitHub sends the same bytes under the same GUID."""
    github.comments("/agent help")
    github.until_hooks_are_idle()
    (first,) = forge.delivery_log.attempts(datetime.now(UTC) - timedelta(hours=1))

    forge.delivery_log.ask_again(first.id)
    github.until_hooks_are_idle()

    second, same = forge.delivery_log.attempts(datetime.now(UTC) - timedelta(hours=1))
    assert same == first
    assert (second.guid, second.id > first.id) == (first.guid, True)


@pytest.mark.usefixtures("github")
def test_what_github_has_forgotten_cannot_be_asked_for(forge: GitHubForge) -> None:
    """That is told, and nothing waits for it."""
    with pytest.raises(UserError):
        forge.delivery_log.ask_again(1)
