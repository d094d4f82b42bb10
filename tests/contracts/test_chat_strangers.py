"""Members of a chat who may ask us nothing: told so, but not without end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from bot.chat.model import Workspace
from bot.desk.chat.asking import attend_said
from bot.events import ChatSaid
from bot.ledger import Ledger
from bot.restraint import Restraint
from tests.scripted import a_desk

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    opened = Ledger(ledger_url)
    opened.workspaces.install(Workspace("T_ACME", "Acme", "U_AGENT", "B_AGENT", ()), NOON)
    yield opened
    opened.close()


def said(number: int, *, user: str = "U_EXT") -> ChatSaid:
    """A command of somebody who is at home in another workspace."""
    return ChatSaid(
        f"{number:032}", "T_ACME", "T_EVIL", user, "C_SHOP", "", "", "run `true`", "command", "t", NOON
    )


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
