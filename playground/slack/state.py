"""Everything this Slack remembers, how it names it, and how it is found again."""

from __future__ import annotations

import itertools
import secrets
import time
from collections.abc import Iterator
from typing import Any, TypeVar

from playground.slack.answers import Json, Refused
from playground.slack.faults import Faults
from playground.slack.limits import Limits
from playground.slack.link import Link
from playground.slack.model import (
    App,
    Channel,
    ChannelKind,
    Code,
    File,
    Message,
    Response,
    Team,
    Token,
    Trigger,
    User,
    View,
)
from playground.slack.sender import Sender
from playground.slack.settings import SlackSettings

T = TypeVar("T")
RESPONSE = "/slack/response/"  # where answers to commands may be sent later


class SlackWorld:
    """The whole state of one local Slack. Changed only on the server's event loop."""

    def __init__(self, settings: SlackSettings, url: str) -> None:
        self.settings = settings
        self.url = url
        self.limits = Limits()
        self.faults = Faults()
        self.link = Link(self)
        self.sender = Sender(self)
        self.version = 0
        self.forget_everything()

    def forget_everything(self) -> None:
        it = self.settings
        self.app = App(
            id=it.app_id,
            name=it.name,
            client_id=it.client_id,
            client_secret=it.client_secret,
            signing_secret=it.signing_secret,
            app_token=it.app_token,
            command=it.command,
            shortcut=it.shortcut,
        )
        self.events = list(it.events)
        self.trigger_seconds = it.trigger_seconds
        self.teams: dict[str, Team] = {}
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.ephemerals: list[Message] = []
        self.views: dict[str, View] = {}
        self.homes: dict[tuple[str, str], View] = {}  # by team and user
        self.tokens: dict[str, Token] = {}
        self.triggers: dict[str, Trigger] = {}
        self.codes: dict[str, Code] = {}
        self.files: dict[str, File] = {}
        self.responses: dict[str, Response] = {}
        self.requests: list[Json] = []
        self.broken_contracts: list[Json] = []
        self._ids: Iterator[int] = itertools.count(1)
        self._last_ts = 0
        self.changed()

    # -- naming -----------------------------------------------------------------------------------

    def changed(self) -> None:
        """Tell the pages that there is something new to show."""
        self.version += 1

    def new_id(self, prefix: str) -> str:
        return f"{prefix}{next(self._ids):08d}"

    def new_ts(self) -> str:
        """The time as Slack names messages by it, later than any before."""
        self._last_ts = max(time.time_ns() // 1_000, self._last_ts + 100)
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def new_trigger(self, user: str, team: str, *, name: str | None = None) -> str:
        made = name or f"{next(self._ids):013d}.{secrets.randbelow(10**13)}.{secrets.token_hex(16)}"
        self.triggers[made] = Trigger(made, user, team, time.monotonic())
        return made

    def new_response_url(self, channel: str, user: str, ts: str | None = None) -> str:
        secret = secrets.token_urlsafe(18)
        self.responses[secret] = Response(channel, user, time.monotonic(), ts)
        return f"{self.url}{RESPONSE}{secret}"

    # -- finding ----------------------------------------------------------------------------------

    def team(self, team: str) -> Team:
        return _found(self.teams, team, "team")

    def user(self, user: str) -> User:
        return _found(self.users, user, "person")

    def channel(self, channel: str) -> Channel:
        return _found(self.channels, channel, "channel")

    def view(self, view: str) -> View:
        return _found(self.views, view, "view")

    def message(self, channel: str, ts: str) -> Message:
        """As people see it: a deleted message is not there, an ephemeral one is."""
        every = [*self.channel(channel).messages, *self.ephemerals]
        found = next((m for m in every if m.ts == ts and m.channel.id == channel and not m.deleted), None)
        if found is None:
            raise Refused(f"There is no message {ts} in {channel}.", 404)
        return found

    def bot_of(self, team: str) -> User | None:
        """Our App's bot in a team where it was installed."""
        token = self.token_of(team)
        return self.users[token.user] if token else None

    def token_of(self, team: str) -> Token | None:
        """The bot token of a team, the newest if there are several."""
        return next((t for t in reversed(self.tokens.values()) if t.team == team and t.is_bot), None)

    def im_of(self, user: str, team: str) -> Channel:
        """The direct messages between a person and our bot."""
        bot = self.bot_of(team)
        if bot is None:
            raise Refused(f"The App is not installed in {team}.")
        return self.im_between(user, bot.id, team, name=f"D_{user.removeprefix('U_')}")

    def im_between(self, user: str, other: str, team: str, *, name: str = "") -> Channel:
        """Begun when first needed."""
        for channel in self.channels.values():
            if channel.kind is ChannelKind.IM and channel.members == [user, other]:
                return channel
        called = name or f"D_{user.removeprefix('U_')}_{other.removeprefix('U_')}"
        made = Channel(called, user, team, ChannelKind.IM, [user, other])
        self.channels[made.id] = made
        return made

    def ours(self, message: Message) -> bool:
        return message.app_id == self.app.id

    # -- recording --------------------------------------------------------------------------------

    def break_contract(self, operation: str, complaints: list[str], **detail: Any) -> None:
        """What our App sent and Slack does not take; a test must find none."""
        self.broken_contracts += [
            {"operation": operation, "complaint": said, **detail} for said in complaints
        ]


def _found(table: dict[str, T], key: str, word: str) -> T:
    found = table.get(key)
    if found is None:
        raise Refused(f"There is no {word} {key} in this Slack.", 404)
    return found
