"""A GitHub that stays silent: nothing starts, and in the end the person hears why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from bot.deliveries import Delivery
from bot.desk.hearing import hear
from bot.desk.model import Desk
from bot.errors import Crowded, Hiccup
from bot.events import Comment, Commented, CommentKind
from bot.ids import Place
from bot.ledger import Ledger
from tests.scripted import NOON, PLACE, WILL, Clock, a_desk

SILENCE = "GitHub did not answer my questions for a while, so I did nothing. Please write the command again."


@dataclass
class SilentCode:
    """A GitHub that answers no question."""

    trouble: Hiccup = field(default_factory=lambda: Hiccup("GitHub does not answer."))

    def read(self, place: Place, path: str) -> bytes | None:
        raise self.trouble


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    yield a_desk(ledger, code=SilentCode())
    ledger.close()


def replies_after_all_attempts(desk: Desk, text: str) -> list[str]:
    comment = Comment(CommentKind.ISSUE, 5, text, "https://github.test/acme/shop/pull/7#issuecomment-5")
    event = Commented(PLACE, WILL, 7, on_pull=True, comment=comment, previous_text=None, at=NOON)
    (stored,) = desk.ledger.deliveries.store([Delivery("guid", "issue_comment", "0" * 64, event)], NOON)
    assert stored is not None
    assert isinstance(desk.clock, Clock)
    for _ in range(20):  # more often than it is tried
        hear(desk, stored)
        desk.clock.goes_on(3600)
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
