"""Saying something in a chat: once under its key, posted when there is room, in the right ears only."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.chat.message import Message, says
from bot.chat.model import ChatUser, Spot, key_of
from bot.chat.placing import below, once, run_surfaces
from bot.desk.model import Desk
from bot.ids import Place, RunId
from bot.ledger.surfaces import NewSurface
from bot.reports.chat import a_model_reads

_COMMAND = re.compile(r"((?<!`)`{1,2} ?)/agent\b")  # as code, as we show what can be typed


@dataclass(frozen=True)
class Asker:
    """Who wrote, and where they hear of it: before all, or for them alone."""

    user: ChatUser
    spot: Spot
    alone: Spot
    key: str  # of what they wrote
    aloud: bool = False  # it was said before all who read there, and so is the answer

    @property
    def direct(self) -> Spot:
        """A talk between them and us; whoever posts finds out its name."""
        return Spot(self.user.team, "")

    @property
    def line(self) -> str:
        """The queue in which what they are told stands."""
        return self.spot.line_with(self.user.id)


def answered_alone(spot: Spot, ts: str) -> Spot:
    """Slack shows nobody what is said to them alone in a thread that still consists of its first message."""
    return spot.in_thread("") if spot.thread == ts else spot


def name_of(asker: Asker, key: str) -> str:
    """What this is called among the surfaces."""
    return f"chat:{key_of(asker.key, key)}"


def tell(
    desk: Desk, asker: Asker, message: Message, *, key: str, aloud: bool = False, asked: str = ""
) -> None:
    """In the thread for all who read there, or only to who asked. `asked` is kept with it, and where."""
    spot, to = (asker.spot, "") if aloud else (asker.alone, asker.user.id)
    said = once(name_of(asker, key), message, spot, to=to, asked=asked, asked_in=asker.spot.thread)
    desk.ledger.surfaces.add(said, desk.clock.now())
    desk.nudge()


def answer(desk: Desk, asker: Asker, text: str) -> None:
    """One answer to what they wrote, for them alone."""
    tell(desk, asker, says(to_be_typed(asker.alone, text)), key="answer")


def to_be_typed(spot: Spot, text: str) -> str:
    """In a thread Slack takes no `/agent`: there `@agent` does the same."""
    return _COMMAND.sub(r"\1@agent", text) if spot.thread else text


def tell_directly(desk: Desk, user: ChatUser, message: Message, *, key: str) -> None:
    """To somebody who did not ask just now, once under this key."""
    if desk.ledger.surfaces.content_of(key) is not None:
        return
    desk.ledger.surfaces.add(once(key, message, Spot(user.team, ""), to=user.id), desk.clock.now())
    desk.nudge()


@dataclass(frozen=True)
class ChatVoice:
    """How a command that was written in a chat is answered. `aloud`: whoever reads there may know."""

    desk: Desk
    asker: Asker
    place: Place
    number: int
    aloud: bool  # what is answered
    shown: Spot  # where a run is shown
    more: str = ""  # said below each answer

    def see(self) -> None:
        """Its receipt is the door's answer."""

    def thinks(self) -> None:
        tell(self.desk, self.asker, says(a_model_reads()), key="thinks")

    def say(self, key: str, text: str, *, about: RunId | None = None) -> None:  # noqa: ARG002
        where = self.asker.spot if self.aloud else self.asker.alone
        said = to_be_typed(where, f"{text}\n\n{self.more}".rstrip())
        tell(self.desk, self.asker, says(said), key=key, aloud=self.aloud)

    def shows(self, run: RunId) -> Sequence[NewSurface]:
        to = self.asker.user.id
        head = self.desk.ledger.surfaces.head_of(run, self.shown.line_with(to))
        if head is None:
            return run_surfaces(self.place, self.number, run, self.shown, to=to)
        return below(head, run, to=to)
