"""What there is in a Slack: teams, people, channels, messages, views, files, and our App in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from playground.slack.answers import Json

SLACKBOT = "USLACKBOT"
VERIFICATION_TOKEN = "verification-token-deprecated"  # what Slack sent before it signed


@dataclass(slots=True)
class Team:
    id: str
    name: str
    domain: str


@dataclass(slots=True)
class User:
    """Somebody seen in a team; `home` is another team for whoever is there through a shared channel."""

    id: str
    team: str
    name: str
    home: str
    is_bot: bool = False
    is_admin: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    deleted: bool = False
    bot_id: str | None = None

    @property
    def is_stranger(self) -> bool:
        return self.home != self.team


class ChannelKind(StrEnum):
    CHANNEL = "channel"
    GROUP = "group"
    IM = "im"


@dataclass(slots=True)
class Channel:
    id: str
    name: str
    team: str
    kind: ChannelKind
    members: list[str]
    archived: bool = False
    ext_shared: bool = False
    messages: list[Message] = field(default_factory=list)

    @property
    def private(self) -> bool:
        return self.kind is not ChannelKind.CHANNEL


@dataclass(frozen=True, slots=True)
class Edition:
    """What a message was from a moment on, in seconds since 1970."""

    at: float
    text: str
    blocks: list[Json]
    metadata: Json | None


@dataclass(slots=True)
class Message:
    channel: Channel
    ts: str
    user: str
    text: str
    bot_id: str | None = None
    app_id: str | None = None
    thread_ts: str | None = None
    blocks: list[Json] = field(default_factory=list)
    metadata: Json | None = None
    subtype: str | None = None
    files: list[str] = field(default_factory=list)
    broadcast: bool = False
    ephemeral_to: str | None = None
    deleted: bool = False
    history: list[Edition] = field(default_factory=list)

    @property
    def edits(self) -> int:
        return len(self.history) - 1

    @property
    def is_reply(self) -> bool:
        return self.thread_ts not in {None, self.ts}


@dataclass(slots=True)
class View:
    """A modal or a home tab, as one person sees it."""

    id: str
    team: str
    user: str
    body: Json  # type, title, blocks, private_metadata … as it was sent, with every block's id
    hash: str
    root: str
    previous: str | None = None
    trigger: str | None = None
    values: dict[str, dict[str, Json]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    offered: dict[str, list[Json]] = field(default_factory=dict)  # options by action id, as last suggested
    updates: int = 0
    open: bool = True


class Standing(StrEnum):
    ACTIVE = "active"
    REVOKED = "revoked"
    UNINSTALLED = "uninstalled"


@dataclass(slots=True)
class Token:
    """What our App holds of one team; `user` is its bot there, or who gave it a token of their own."""

    value: str
    team: str
    user: str
    scopes: list[str]
    bot_id: str | None = None
    standing: Standing = Standing.ACTIVE

    @property
    def is_bot(self) -> bool:
        return self.bot_id is not None


@dataclass(frozen=True, slots=True)
class App:
    id: str
    name: str
    client_id: str
    client_secret: str
    signing_secret: str
    app_token: str
    command: str
    shortcut: str


@dataclass(slots=True)
class Trigger:
    id: str
    user: str
    team: str
    at: float
    used: bool = False


@dataclass(slots=True)
class Code:
    """What an Allow is exchanged for a token with."""

    value: str
    user: str
    team: str
    scopes: list[str]
    user_scopes: list[str]
    redirect_uri: str
    at: float
    used: bool = False


@dataclass(slots=True)
class File:
    id: str
    name: str
    title: str
    length: int
    team: str
    user: str
    secret: str  # of its upload address
    content: bytes | None = None
    channel: str | None = None
    thread_ts: str | None = None


@dataclass(slots=True)
class Response:
    """Where a response_url leads: Slack allows five uses in thirty minutes."""

    channel: str
    user: str
    at: float
    ts: str | None = None
    uses: int = 0
