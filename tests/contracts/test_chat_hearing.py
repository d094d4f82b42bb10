"""What becomes of what was heard in a chat when Slack or GitHub do not answer as usual."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from bot.chat.forms import Home
from bot.chat.model import ChatUser, Member, Workspace
from bot.chat.ports import Chat, Gone
from bot.deliveries import Delivery
from bot.desk.hearing import hear
from bot.desk.model import Desk
from bot.errors import Crowded, Hiccup
from bot.events import ChatEvent, ChatHomeOpened, ChatLeft, ChatSaid
from bot.ledger import Ledger
from tests.scripted import NOON, Clock, Nobody, a_desk

SAID = ChatSaid(
    "1" * 32, "T_ACME", "T_ACME", "U_WILL", "C_SHOP", "", "", "cancel", "command", "trigger", NOON
)


HOME = ChatHomeOpened("2" * 32, "T_ACME", "T_ACME", "U_WILL")


@dataclass
class ScriptedSlack:
    """Fails in one way whenever it is asked who somebody is, or as whoever shows something.

    Else everybody is a guest.
    """

    trouble: Exception | None = None
    asked: int = 0

    def member(self, user: ChatUser) -> Member:
        self.asked += 1
        if self.trouble is not None:
            raise self.trouble
        return Member(user, user.id, full=False, admin=False)

    def home(self, user: ChatUser, home: Home) -> None:
        raise Gone("I am not installed in the workspace T_ACME.")


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


def test_a_command_waits_for_a_slack_that_is_away(listener: Listener) -> None:
    """For two minutes and more, and is followed when it is back."""
    listener.slack.trouble = Hiccup("Slack cannot be reached at the moment.")
    listener.stores(SAID)
    listener.looks(every_s=1, for_s=120)
    assert (listener.outcome[0], listener.said()) == ("new", [])

    listener.slack.trouble = None
    listener.looks(every_s=1, for_s=60)

    assert listener.outcome == ("done", "refused.")


def test_who_gave_a_command_hears_that_nobody_answered(listener: Listener) -> None:
    """Whoever it was. It was tried less and less often, and then no more."""
    listener.slack.trouble = Hiccup("Slack cannot be reached at the moment.")
    listener.stores(SAID)

    listener.looks(every_s=1, for_s=600)

    (said,) = listener.said()
    assert said.startswith("GitHub or Slack did not answer my questions for some minutes, so I did nothing.")
    assert listener.slack.asked == 6


def test_what_cannot_be_shown_any_more_is_tried_once(
    listener: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    """The workspace left us meanwhile: nobody looks any more, and it is no bug of ours."""
    listener.stores(HOME)

    listener.looks(every_s=1, for_s=60)

    assert listener.outcome == ("done", "I am not installed in the workspace T_ACME.")
    assert listener.slack.asked == 1
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize(("after", "we_are_there"), [(-1, True), (1, False)], ids=["before", "after"])
def test_who_left_before_we_were_installed_has_not_left(
    listener: Listener, after: int, we_are_there: bool
) -> None:
    """Slack says it once more after minutes, when somebody may have installed us again."""
    listener.stores(ChatLeft("4" * 32, "T_ACME", NOON + timedelta(minutes=after)))

    listener.looks(every_s=1, for_s=5)

    kept = listener.ledger.workspaces.of("T_ACME")
    assert kept is not None
    assert (kept.token is not None, kept.revoked_at is None) == (we_are_there, we_are_there)
