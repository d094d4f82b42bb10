"""The seams to a chat. Each raises only `UserError` (a person can fix it) or `Hiccup` (time can fix it), and
`Gone` where nothing can be shown any more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from bot.chat.forms import Form, Home
from bot.chat.message import Message
from bot.chat.model import Channel, ChatUser, Member, Spot
from bot.errors import UserError


class Gone(UserError):
    """What was to be changed was deleted, or nobody lets us speak there: it ends quietly."""


class Messages(Protocol):
    """Posts are numbered by the microseconds of their `ts`."""

    def post(self, spot: Spot, message: Message, *, key: str) -> int:
        """Its number. `key` is hidden in it, to find it again."""
        ...

    def find(self, spot: Spot, *, key: str) -> int | None:
        """Our own recent message with this key, if there is one."""
        ...

    def update(self, spot: Spot, number: int, message: Message) -> None: ...

    def whisper(self, spot: Spot, to: str, message: Message) -> None:
        """Only this member sees it, and only while they look."""
        ...


class Files(Protocol):
    def find(self, spot: Spot, name: str) -> bool:
        """Whether a file of ours with this name is in the thread."""
        ...

    def attach(self, spot: Spot, name: str, content: bytes) -> None:
        """A text file, put into the thread."""
        ...


class People(Protocol):
    def member(self, user: ChatUser) -> Member: ...

    def direct(self, user: ChatUser) -> Spot:
        """Where only they read what we say."""
        ...


class Channels(Protocol):
    def channel(self, spot: Spot) -> Channel: ...

    def first_words(self, spot: Spot) -> str:
        """The text of a thread's first message; "" when we may not read it."""
        ...


class Forms(Protocol):
    def open(self, team: str, trigger: str, form: Form) -> None:
        """UserError when the moment in which it could be opened is over."""
        ...

    def change(self, team: str, view: str, form: Form) -> None:
        """What is typed in it stays. Harmless when it was closed."""
        ...

    def home(self, user: ChatUser, home: Home) -> None: ...


class Installer(Protocol):
    def install(self, code: str) -> str:
        """Take a workspace's code; we are in it then. Its name. UserError when the code is not taken."""
        ...


@dataclass(frozen=True)
class Chat:
    """All of it."""

    messages: Messages
    files: Files
    people: People
    channels: Channels
    forms: Forms
