"""Clearances: readable by the one worker that holds the claim, for that claim only."""

from __future__ import annotations

import pytest

from bot.clearance import Cleared, Seal, grant, refuse
from bot.errors import Hiccup, UserError
from bot.ids import RunId, Sha
from bot.ports import Origin

RUN = RunId("abcdefghjk")
CLEARED = Cleared(
    Origin("https://github.test/acme/shop.git", Sha("a" * 40), "ghs_secret"), {"NPM_TOKEN": "npm-value-1"}
)


def test_the_worker_that_asked_reads_the_answer() -> None:
    """A yes carries the origin, its token, and the secrets of the run."""
    seal = Seal.new()

    assert seal.open(grant(CLEARED, to=seal.public, run=RUN, epoch=1), RUN, 1) == CLEARED


def test_the_token_cannot_be_read_on_the_way() -> None:
    """What travels through Redis does not hold the token, and another worker cannot open it."""
    sealed = grant(CLEARED, to=Seal.new().public, run=RUN, epoch=1)

    assert b"ghs_secret" not in sealed
    assert b"npm-value-1" not in sealed
    assert "npm-value-1" not in repr(CLEARED)
    with pytest.raises(Hiccup):
        Seal.new().open(sealed, RUN, 1)


def test_an_answer_is_for_one_claim_only() -> None:
    """An answer for an earlier epoch does not open a later one."""
    seal = Seal.new()
    sealed = grant(CLEARED, to=seal.public, run=RUN, epoch=1)

    with pytest.raises(Hiccup):
        seal.open(sealed, RUN, 2)


def test_a_no_is_raised_with_its_reason() -> None:
    """A refusal reaches the worker as the sentence that the person will read."""
    seal = Seal.new()

    with pytest.raises(UserError, match="You may not"):
        seal.open(refuse("You may not.", to=seal.public, run=RUN, epoch=1), RUN, 1)


def test_rubbish_is_not_an_answer() -> None:
    """Bytes that are no answer at all are a hiccup, not a crash."""
    with pytest.raises(Hiccup):
        Seal.new().open(b"short", RUN, 1)


def test_the_token_is_not_in_the_origins_words() -> None:
    """Printing an origin, as a log would, does not show its token."""
    assert "ghs_secret" not in repr(CLEARED)
