"""Tokens of the API: told apart from mistakes before anybody looks them up."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.tokens import Token, digest, is_token, new_token
from tests.scripted import NOON, PLACE, WILL

TOKEN = Token("t1", WILL, [PLACE], NOON, NOON + timedelta(days=90))


def test_a_new_token_is_one() -> None:
    """Each is another one, and what is kept of it does not give it away."""
    first, second = new_token(), new_token()

    assert is_token(first)
    assert first != second
    assert first not in digest(first)


@pytest.mark.parametrize("at", range(40))
def test_a_typing_mistake_is_none(at: int) -> None:
    """Whichever character is wrong."""
    token = new_token()
    wrong = "x" if token[at] != "x" else "y"

    assert not is_token(token[:at] + wrong + token[at + 1 :])


@pytest.mark.parametrize("text", ["", "dva_", "dva_" + "a" * 36, "ghs_" + "a" * 36, "dva_" + "é" * 36])
def test_what_only_looks_like_a_token_is_none(text: str) -> None:
    """Nothing of it is looked up."""
    assert not is_token(text)


def test_a_token_counts_until_it_ends_or_is_revoked() -> None:
    """Its last moment is not one of them."""
    assert TOKEN.counts(NOON)
    assert not TOKEN.counts(TOKEN.until)
    assert not replace(TOKEN, revoked_at=NOON).counts(NOON)
