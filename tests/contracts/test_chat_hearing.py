"""What becomes of what was heard in a chat when Slack or GitHub do not answer as usual."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from bot.chat.model import ChatUser, Member, Workspace
from bot.chat.ports import Chat
from bot.deliveries import Delivery
from bot.desk.hearing import hear
from bot.desk.model import Desk
from bot.errors import Crowded
from bot.events import ChatEvent, ChatSaid
from bot.ledger import Ledger
from tests.scripted import NOON, Clock, Nobody, a_desk

SAID = ChatSaid(
    "1" * 32, "T_ACME", "T_ACME", "U_WILL", "C_SHOP", "", "", "cancel", "command", "trigger", NOON
)


@dataclass
class ScriptedSlack:
    """Fails in one way whenever it is asked who somebody is; then everybody is a member."""

    trouble: Exception | None = None
    asked: int = 0

    def member(self, user: ChatUser) -> Member:
        self.asked += 1
        if self.trouble is not None:
            raise self.trouble
        return Member(user, user.id, full=True, admin=False)


@dataclass
class Listener:
    """One desk that hears what is due, at a time that stands still between two looks."""

    ledger: Ledger
    slack: ScriptedSlack = field(default_factory=ScriptedSlack)
    clock: Clock = field(default_factory=Clock)

    @property
    def desk(self) -> Desk:
        nobody, slack = Nobody(), self.slack
        chat: Any = Chat(nobody, nobody, slack, nobody, slack)  # type: ignore[arg-type]
        return replace(a_desk(self.ledger), chat=chat, clock=self.clock)

    def stores(self, event: ChatEvent) -> None:
        delivery = Delivery(f"slack-{event.id}", event.kind, event.id.ljust(64, "0"), event)
        self.ledger.deliveries.store([delivery], self.clock.now())

    def looks(self, *, every_s: float, for_s: float) -> None:
        """Handles what is due, again and again."""
        until = self.clock.moment.timestamp() + for_s
        while self.clock.moment.timestamp() < until:
            for delivery in self.ledger.deliveries.due(self.clock.now()):
                hear(self.desk, delivery)
            self.clock.goes_on(every_s)

    @property
    def outcome(self) -> tuple[str, str]:
        ((_, state, outcome),) = self.ledger.deliveries.outcomes()
        return state, outcome

    def said(self) -> list[str]:
        claimed = self.ledger.surfaces.claim_due(self.clock.now())
        return [each.content["message"]["parts"][0]["text"] for each in claimed]


@pytest.fixture
def listener(ledger_url: str) -> Iterator[Listener]:
    ledger = Ledger(ledger_url)
    ledger.workspaces.install(Workspace("T_ACME", "Acme", "U_AGENT", "B_AGENT", (), token=b"sealed"), NOON)
    yield Listener(ledger)
    ledger.close()


@pytest.mark.parametrize("seconds", [60, 1_800, 1e12], ids=["a minute", "half an hour", "for ever"])
def test_who_is_asked_to_slow_down_waits(listener: Listener, seconds: float) -> None:
    """Also for longer than anything is put off, which would count as due."""
    listener.slack.trouble = Crowded(seconds)
    listener.stores(SAID)

    listener.looks(every_s=2, for_s=58)

    assert (listener.slack.asked, listener.outcome[0]) == (1, "new")
