"""A GitHub that stays silent: nothing starts, and in the end the person hears why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from bot.api import ApiRequest, RequestState
from bot.deliveries import Delivery
from bot.desk.hearing import hear
from bot.desk.model import Desk
from bot.errors import Crowded, Hiccup
from bot.events import Comment, Commented, CommentKind, Requested
from bot.ids import Place
from bot.ledger import Ledger
from bot.tokens import Token
from tests.scripted import NOON, PLACE, WILL, Clock, a_desk

SILENCE = "GitHub did not answer my questions for a while, so I did nothing. Please write the command again."


@dataclass
class SilentCode:
    """A GitHub that answers no question."""

    trouble: Hiccup = field(default_factory=lambda: Hiccup("GitHub does not answer."))

    def read(self, place: Place, path: str) -> bytes | None:
        raise self.trouble

    def whereabouts(self, place: Place) -> None:
        raise self.trouble


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    yield a_desk(ledger, code=SilentCode())
    ledger.close()


def tried_for_long(desk: Desk, delivery: Delivery) -> None:
    """More often than it is tried."""
    (stored,) = desk.ledger.deliveries.store([delivery], NOON)
    assert stored is not None
    assert isinstance(desk.clock, Clock)
    for _ in range(20):
        hear(desk, stored)
        desk.clock.goes_on(3600)


def replies_after_all_attempts(desk: Desk, text: str) -> list[str]:
    comment = Comment(CommentKind.ISSUE, 5, text, "https://github.test/acme/shop/pull/7#issuecomment-5")
    event = Commented(PLACE, WILL, 7, on_pull=True, comment=comment, previous_text=None, at=NOON)
    tried_for_long(desk, Delivery("guid", "issue_comment", "0" * 64, event))
    return [str(each.content["text"]) for each in desk.ledger.surfaces.claim_due(desk.clock.now())]


def test_who_gave_a_command_hears_that_github_did_not_answer(desk: Desk) -> None:
    """After the last attempt there is one sentence that says to write the command again; nothing ran."""
    (said,) = replies_after_all_attempts(desk, "/agent run `ls`\n/agent status")

    assert said == SILENCE
    assert list(desk.ledger.runs.all()) == []


def test_a_command_waits_for_room_under_githubs_limits(desk: Desk) -> None:
    """Where nothing could be tried, it was no try: the command is still to be followed."""
    crowded: Any = SilentCode(Crowded(5.0))

    assert replies_after_all_attempts(replace(desk, code=crowded), "/agent run `ls`") == []
    assert [state for _, state, _ in desk.ledger.deliveries.outcomes()] == ["new"]


def test_who_gave_none_is_left_in_peace(desk: Desk) -> None:
    """A comment without a command needs no answer."""
    assert replies_after_all_attempts(desk, "Looks good to me.") == []


def test_who_asked_over_the_api_is_told_too(desk: Desk) -> None:
    """Where they look for their answer."""
    desk.ledger.tokens.add(Token("t1", WILL, (PLACE,), NOON, NOON), "d" * 64)
    desk.ledger.api_requests.open(ApiRequest("r1", "t1", "one"), NOON)

    tried_for_long(
        desk, Delivery("api-r1", "api", "1" * 64, Requested("r1", PLACE, WILL, 0, "ask", "", "Why?"))
    )

    found = desk.ledger.api_requests.of("r1")
    assert found is not None
    assert (found.state, found.answer.endswith("Please ask again.")) == (RequestState.REFUSED, True)
