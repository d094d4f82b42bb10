"""Whose delivery is handled next in this process: nobody keeps every listener busy, and the commands of one
conversation are handled in the order in which they were written down."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from bot.events import (
    AuthorizationRevoked,
    ChatFormSent,
    ChatHomeOpened,
    ChatLeft,
    ChatPressed,
    ChatSaid,
    Commented,
    Event,
    InstallationChanged,
    Pinged,
    SignInReturned,
    Unreadable,
)
from bot.ids import InstallationId

SIGN_INS = "sign-ins"


@dataclass(frozen=True)
class Turn:
    """A stored delivery that wants to be handled. Deliveries are numbered as they were stored."""

    delivery: int
    installation: InstallationId | str | None = None  # or the workspace of a chat, or SIGN_INS
    conversation: tuple[int | str, ...] | None = None  # in which what people write has an order
    chat: bool = False  # all of these together leave a listener to GitHub, should the chat not answer


def turn_of(delivery: int, event: Event | Unreadable) -> Turn:
    """Pure: only commands have an order. What follows a run decides on what GitHub says by then."""
    match event:
        case Pinged() | AuthorizationRevoked() | Unreadable():
            return Turn(delivery)
        case SignInReturned():  # anybody's browser: all of them together are as one installation
            return Turn(delivery, SIGN_INS, chat=True)
        case ChatSaid() | ChatPressed() | ChatFormSent() | ChatHomeOpened():
            return Turn(delivery, event.team, (event.team, event.user), chat=True)
        case ChatLeft():
            return Turn(delivery, event.team, chat=True)
        case InstallationChanged():
            return Turn(delivery, event.installation)
        case Commented():
            return Turn(delivery, event.place.installation, (event.place.repo_id, event.number))
        case _:
            return Turn(delivery, event.place.installation)


class Turns:
    """Those that wait and those that are underway. What is lost with this process is in the ledger."""

    def __init__(self, most: int) -> None:
        """`most` of one installation, and `most` of a chat, are underway at once."""
        self._most = most
        self._lock = threading.Lock()
        self._waiting: dict[int, Turn] = {}
        self._underway: dict[int, Turn] = {}

    def add(self, turn: Turn) -> None:
        """Once, however often it is asked for."""
        with self._lock:
            if turn.delivery not in self._underway:
                self._waiting[turn.delivery] = turn

    def next(self) -> Turn | None:
        """The oldest that may be handled now. It is underway until its `end`."""
        with self._lock:
            crowded = self._crowded()
            chats_crowded = sum(turn.chat for turn in self._underway.values()) >= self._most
            busy = {turn.conversation for turn in self._underway.values() if turn.conversation}
            for turn in sorted(self._waiting.values(), key=lambda each: each.delivery):
                held_up = turn.installation in crowded or (turn.chat and chats_crowded)
                if not held_up and turn.conversation not in busy:
                    self._underway[turn.delivery] = self._waiting.pop(turn.delivery)
                    return turn
                if turn.conversation is not None:
                    busy.add(turn.conversation)
        return None

    def end(self, turn: Turn) -> None:
        with self._lock:
            del self._underway[turn.delivery]

    def _crowded(self) -> set[InstallationId | str]:
        all_of_them = [turn.installation for turn in self._underway.values() if turn.installation]
        return {each for each in all_of_them if all_of_them.count(each) >= self._most_of(each)}

    def _most_of(self, installation: InstallationId | str) -> int:
        """Anybody can send browsers: they leave one of what a chat may take to its members."""
        return max(self._most - 1, 1) if installation == SIGN_INS else self._most
