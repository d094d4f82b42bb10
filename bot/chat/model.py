"""Who and where in a chat: workspaces, their members, channels and threads, and what we know of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.ids import InstallationId, Person, Place, Repo

NOWHERE = Place(InstallationId(0), Repo("", ""), 0)  # of what is said in a chat and is about no repository


@dataclass(frozen=True)
class ChatUser:
    """A member of a workspace, by Slack's ids. It is nobody on GitHub until they have linked themselves."""

    team: str
    id: str


@dataclass(frozen=True)
class Spot:
    """A channel, or a thread in it. `thread` is the `ts` of its first message, "" for the channel itself.

    A `channel` of "" is the talk between somebody and us; who that is stands beside it.
    """

    team: str
    channel: str
    thread: str = ""

    @property
    def line(self) -> str:
        """The name of the queue in which posts to this channel stand."""
        return f"{self.team}:{self.channel}"

    def line_with(self, user: str) -> str:
        """The same; that of a talk is called after whoever talks with us."""
        return f"{self.team}:{user}" if self.direct else self.line

    @property
    def direct(self) -> bool:
        """Whether only one person and we are there."""
        return not self.channel

    def in_thread(self, thread: str) -> Spot:
        return Spot(self.team, self.channel, thread)


class Announce(StrEnum):
    """Which runs that were started elsewhere a channel is told of."""

    ALL = "all"
    FAILURES = "failures"
    NONE = "none"


@dataclass(frozen=True)
class Workspace:
    """One that has installed us. `token` is sealed; None where the environment holds the only one."""

    team: str
    name: str
    bot_user: str
    bot_id: str
    scopes: tuple[str, ...]
    token: bytes | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True)
class Link:
    """Whom a member of a workspace has shown to be on GitHub. Rights are asked for live, by the id."""

    user: ChatUser
    person: Person
    at: datetime


@dataclass(frozen=True)
class Binding:
    """The repository that a channel is about. `by` is the login of who said so; "" in the server's file."""

    team: str
    channel: str
    place: Place
    announce: Announce
    by: str


@dataclass(frozen=True)
class Member:
    """A member as the workspace has them now. Guests and members of other workspaces are not `full`."""

    user: ChatUser
    name: str
    full: bool
    admin: bool = False  # of the workspace


@dataclass(frozen=True)
class Channel:
    """A channel as the workspace has it now. `shared` with another workspace; `joined` by us."""

    name: str
    shared: bool
    joined: bool


def key_of(*parts: object) -> str:
    """One short name for a happening, the same whenever we are told of it."""
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:32]


def ts_of(number: int) -> str:
    """How Slack writes the number of a message."""
    return f"{number // 1_000_000}.{number % 1_000_000:06d}"


def number_of(ts: str) -> int:
    whole, _, rest = ts.partition(".")
    return int(whole) * 1_000_000 + int(rest.ljust(6, "0")[:6] or 0)
