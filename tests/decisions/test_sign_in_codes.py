"""The chance in a sign-in: what is shown, what somebody may type, and what is kept of it."""

from __future__ import annotations

import re

import pytest

from bot.chat.sign_in import as_code, digest, new_code, new_state


def test_a_code_can_be_read_and_typed() -> None:
    """Without letters that look like others."""
    code = new_code()

    assert re.fullmatch(r"[A-HJ-KM-NP-Z2-9]{4}-[A-HJ-KM-NP-Z2-9]{4}", code)
    assert as_code(code) == code


@pytest.mark.parametrize("typed", ["k7tm2qxa", "K7TM 2QXA", "`K7TM-2QXA`", " k7tm-2qxa."])
def test_it_is_known_however_it_is_written(typed: str) -> None:
    """People copy more than they should."""
    assert as_code(typed) == "K7TM-2QXA"


@pytest.mark.parametrize("typed", ["", "K7TM", "K7TM-2QXAA", "O0IL-1111", "channel"])
def test_what_can_be_no_code_is_none(typed: str) -> None:
    """It is not even looked up."""
    assert as_code(typed) == ""


def test_states_are_long_and_never_the_same() -> None:
    """Of each only its digest is kept."""
    one, another = new_state(), new_state()

    assert (len(one) >= 43, one != another, len(digest(one))) == (True, True, 64)
