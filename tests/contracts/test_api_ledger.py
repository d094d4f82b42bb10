"""Tokens and requests of the API in the ledger, on either database."""

from __future__ import annotations

from datetime import timedelta

from bot.api import ApiRequest, RequestState
from bot.ledger import Ledger
from bot.tokens import Token
from tests.scripted import NOON, PLACE, WILL

TOKEN = Token("t1", WILL, (PLACE,), NOON, NOON + timedelta(days=90))
DAY = timedelta(days=1)


def test_a_token_is_found_by_its_digest(ledger: Ledger) -> None:
    """As it was made, and by nothing else."""
    ledger.tokens.add(TOKEN, "d" * 64)

    assert ledger.tokens.of("d" * 64) == TOKEN
    assert ledger.tokens.of("e" * 64) is None
    assert ledger.tokens.all() == [TOKEN]


def test_a_revoked_token_stays_revoked(ledger: Ledger) -> None:
    """Since the first time; one that is not there is said to be not there."""
    ledger.tokens.add(TOKEN, "d" * 64)

    assert ledger.tokens.revoke("t1", NOON)
    assert ledger.tokens.revoke("t1", NOON + DAY)
    assert not ledger.tokens.revoke("t2", NOON)
    (found,) = ledger.tokens.all()
    assert found.revoked_at == NOON


def test_a_request_is_kept_once_and_answered_once(ledger: Ledger) -> None:
    """The second body under its id does not replace the first, nor the second answer the first."""
    ledger.tokens.add(TOKEN, "d" * 64)
    first = ApiRequest("r1", "t1", "one")

    assert ledger.api_requests.open(first, NOON) == first
    assert ledger.api_requests.open(ApiRequest("r1", "t1", "two"), NOON) == first
    ledger.api_requests.answer("r1", RequestState.ANSWERED, "Yes.")
    ledger.api_requests.answer("r1", RequestState.REFUSED, "No.")

    assert ledger.api_requests.of("r1") == ApiRequest("r1", "t1", "one", RequestState.ANSWERED, "Yes.")
    assert ledger.api_requests.of("r2") is None


def test_an_old_request_is_forgotten(ledger: Ledger) -> None:
    """After thirty days nobody comes for the answer."""
    ledger.tokens.add(TOKEN, "d" * 64)
    ledger.api_requests.open(ApiRequest("r1", "t1", "one"), NOON)

    ledger.api_requests.forget_old(NOON + 29 * DAY)
    assert ledger.api_requests.of("r1") is not None
    ledger.api_requests.forget_old(NOON + 30 * DAY)
    assert ledger.api_requests.of("r1") is None
