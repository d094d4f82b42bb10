"""The state and the code of a sign-in: chance that nobody guesses, however people type it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.sign_in import MOST_TRIES, OPEN_FOR, as_code, digest, new_code, new_state

CODE = re.compile(r"[A-HJKMNP-TV-Z2-9]{4}-[A-HJKMNP-TV-Z2-9]{4}")


def test_a_code_is_two_times_four_letters() -> None:
    """Without those that look like others: no I, L, O or U, no 0 and no 1."""
    codes = {new_code() for _ in range(2_000)}

    assert len(codes) == 2_000
    assert [code for code in codes if not CODE.fullmatch(code)] == []


def test_nobody_guesses_a_code() -> None:
    """Of more than half a billion million, five can be tried within ten minutes."""
    letters = set("".join(new_code() for _ in range(2_000))) - {"-"}

    assert len(letters) ** 8 / MOST_TRIES > 10**11
    assert OPEN_FOR.total_seconds() == 600


def test_states_are_long_and_never_the_same() -> None:
    """256 bits of chance, in letters that an address takes as they are."""
    states = {new_state() for _ in range(1_000)}

    assert len(states) == 1_000
    assert [state for state in states if not re.fullmatch(r"[\w-]{43}", state)] == []


def test_what_is_kept_tells_nothing() -> None:
    """A digest is the same for the same, and another for another."""
    code = new_code()

    assert digest(code) == digest(code)
    assert re.fullmatch(r"[0-9a-f]{64}", digest(code))
    assert digest(code) != digest(code.lower())


@pytest.mark.parametrize(
    "words",
    [
        "K7TM-2QXA",
        "k7tm-2qxa",
        "K7TM2QXA",
        " k7tm 2qxa ",
        "K7TM–2QXA",
        "`K7TM-2QXA`",
        "K 7 T M 2 Q X A",
        "<K7TM-2QXA>",
    ],
)
def test_a_code_is_known_however_it_is_typed(words: str) -> None:
    """In small letters, with another dash, with spaces, or as code."""
    assert as_code(words) == "K7TM-2QXA"


@pytest.mark.parametrize(
    "words",
    [
        "",
        "K7TM",
        "K7TM-2QX",
        "K7TM-2QXAA",
        "K7TM-2QX0",
        "K7TM-2QXI",
        "channel",
        "ＫＫＫＫＫＫＫＫ",
        "²²²²²²²²",
    ],
)
def test_what_can_be_no_code_is_none(words: str) -> None:
    """Nobody is asked for it, and no try is counted."""
    assert as_code(words) == ""


def test_a_code_that_was_made_is_one() -> None:
    """Whatever chance gives."""
    codes = [new_code() for _ in range(2_000)]

    assert [as_code(code) for code in codes] == [as_code(code.lower()) for code in codes] == codes


@given(st.text(max_size=20))
def test_any_words_are_a_code_or_none(words: str) -> None:
    """And never something in between."""
    found = as_code(words)

    assert found == "" or CODE.fullmatch(found)
