"""Members of a chat who ask for what they may not, or for what is not there: told so, but not without end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from bot.chat.model import ChatUser, Member, Workspace
from bot.chat.ports import Chat
from bot.chat.sign_in import SignIn, What
from bot.desk.chat.asking import attend_said
from bot.events import ChatSaid
from bot.ids import Login, Person, Repo
from bot.ledger import Ledger
from bot.restraint import Restraint
from tests.scripted import Nobody, a_desk

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    opened = Ledger(ledger_url)
    opened.workspaces.install(Workspace("T_ACME", "Acme", "U_AGENT", "B_AGENT", ()), NOON)
    yield opened
    opened.close()


def said(number: int, *, user: str = "U_EXT", home: str = "T_EVIL", text: str = "run `true`") -> ChatSaid:
    """A command of somebody who is at home in another workspace, unless it says otherwise."""
    return ChatSaid(f"{number:032}", "T_ACME", home, user, "C_SHOP", "", "", text, "command", "t", NOON)


@dataclass
class Elsewhere:
    """A workspace of full members, and a GitHub on which there is nothing of what they name."""

    asked: int = 0

    def member(self, user: ChatUser) -> Member:
        return Member(user, "eve", full=True)

    def named(self, repo: Repo) -> None:
        self.asked += 1


def test_who_floods_us_is_answered_no_more(ledger: Ledger) -> None:
    """As many times as anybody may ask in a while, and somebody else is answered all the same."""
    desk, most = a_desk(ledger), Restraint().person_commands

    outcomes = [attend_said(desk, said(number)) for number in range(most + 5)]

    assert outcomes.count("refused.") == most
    assert len(ledger.surfaces.all()) == most
    assert attend_said(desk, said(999, user="U_OTHER")) == "refused."


def test_the_same_command_again_is_the_same_command(ledger: Ledger) -> None:
    """Handled twice, it is answered once and counted once."""
    desk = a_desk(ledger)

    assert [attend_said(desk, said(1)), attend_said(desk, said(1))] == ["refused.", "refused."]
    assert len(ledger.surfaces.all()) == 1


@pytest.mark.parametrize("text", ["run acme/nothing#1 `true`", "link channel acme/nothing all"])
def test_who_names_what_is_not_there_is_counted_too(ledger: Ledger, text: str) -> None:
    """GitHub is not asked without end on behalf of somebody who only guesses."""
    eve = ChatUser("T_ACME", "U_EVE")
    ledger.links.begin("s", SignIn(What.LINK, eve.team, eve.id, NOON + timedelta(minutes=10)))
    ledger.links.used("s", NOON)
    ledger.links.tell("s", "told", code="c", person=Person(5, Login("eve")))
    assert ledger.links.end(eve, "c", NOON) is not None
    there, nobody = Elsewhere(), Nobody()
    talk: Any = Chat(nobody, nobody, there, nobody, nobody)  # type: ignore[arg-type]
    desk = replace(a_desk(ledger), chat=talk, listing=cast("Any", there))

    for number in range(Restraint().person_commands + 5):
        attend_said(desk, said(number, user=eve.id, home=eve.team, text=text))

    assert there.asked <= Restraint().person_commands + 1
    answers = len(ledger.surfaces.all())
    assert answers == Restraint().person_commands + 1  # the last one says that it is enough
