"""What happened, in our words. A door turns a payload into one of these; nobody further in sees it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

from bot.ids import InstallationId, Person, Place, Sha


class CommentKind(StrEnum):
    ISSUE = "issue"  # a comment in the conversation of an issue or a pull request
    REVIEW = "review"  # a comment on a line of a pull request


@dataclass(frozen=True)
class Comment:
    kind: CommentKind
    id: int
    text: str  # frozen at delivery: later edits do not reach us except as their own event
    url: str


@dataclass(frozen=True)
class Subject:
    """What an issue or a pull request is about, in the words of whoever opened or edited it."""

    title: str = ""
    text: str = ""  # its beginning, where it is very long


@dataclass(frozen=True)
class Commented:
    """Somebody wrote or edited a comment. `previous_text` is the text before the edit, None when new.

    `subject` is frozen at delivery, like the comment: what a stranger edits afterwards is in neither.
    """

    place: Place
    author: Person
    number: int
    on_pull: bool
    comment: Comment
    previous_text: str | None
    at: datetime
    subject: Subject = Subject()  # of an event that an older version has stored, nobody knows it
    kind: Literal["commented"] = "commented"


@dataclass(frozen=True)
class CommentDeleted:
    """Somebody deleted a comment, which had this text."""

    place: Place
    actor: Person
    number: int
    comment: Comment
    kind: Literal["comment_deleted"] = "comment_deleted"


class PullChange(StrEnum):
    OPENED = "opened"
    PUSHED = "pushed"
    CLOSED = "closed"
    DRAFTED = "drafted"


@dataclass(frozen=True)
class PullChanged:
    place: Place
    actor: Person
    number: int
    change: PullChange
    head_sha: Sha
    kind: Literal["pull_changed"] = "pull_changed"


@dataclass(frozen=True)
class CheckPressed:
    """A button of one of our check runs: `button` is its identifier, None for GitHub's own "Re-run".

    `run_ref` is the check run's `external_id`, which is our run id when the check run is ours.
    """

    place: Place
    actor: Person
    check_run_id: int
    run_ref: str
    head_sha: Sha
    button: str | None
    at: datetime
    kind: Literal["check_pressed"] = "check_pressed"


@dataclass(frozen=True)
class SuiteRerun:
    """Somebody pressed "Re-run all checks" on our check suite."""

    place: Place
    actor: Person
    suite_id: int
    head_sha: Sha
    at: datetime
    kind: Literal["suite_rerun"] = "suite_rerun"


@dataclass(frozen=True)
class RepositoryChanged:
    """The repository was renamed, transferred, archived or deleted. `place` is as it was told, maybe late."""

    place: Place
    actor: Person
    change: str
    kind: Literal["repository_changed"] = "repository_changed"


@dataclass(frozen=True)
class InstallationChanged:
    """The App was installed, removed, suspended, or its repositories or permissions changed."""

    installation: InstallationId
    account: str
    change: str
    actor: Person
    repositories: tuple[int, ...] = ()  # those it was given, by id
    kind: Literal["installation_changed"] = "installation_changed"


@dataclass(frozen=True)
class AuthorizationRevoked:
    """Somebody took back on GitHub that we may know who they are. `at` is when we heard of it."""

    person: Person
    at: datetime
    kind: Literal["authorization_revoked"] = "authorization_revoked"


@dataclass(frozen=True)
class Requested:
    """Somebody asked for something over the API, with a token that says who they are.

    `run` is "" for a question; `words` are the question, the digest of an approval or the reason of a denial.
    """

    id: str  # of the API's request
    place: Place
    person: Person
    number: int  # of the issue or pull request; 0 for none
    verb: Literal["ask", "approve", "deny"]
    run: str
    words: str
    kind: Literal["requested"] = "requested"


@dataclass(frozen=True)
class ChatSaid:
    """Somebody wrote a command in a chat: `/agent …`, `@agent …`, or "Run with agent" on a message.

    `home` is the workspace of whoever wrote it; `team` the one that it was written in. `thread` and `ts` are
    "" for a slash command, which is no message. `trigger` lets a form be opened for some seconds.
    """

    id: str  # the same for every delivery of the same happening
    team: str
    home: str
    user: str
    channel: str
    thread: str
    ts: str
    text: str  # without `/agent` or `@agent`
    came: Literal["command", "mention", "shortcut"]
    trigger: str
    at: datetime
    kind: Literal["chat_said"] = "chat_said"


@dataclass(frozen=True)
class ChatPressed:
    """Somebody pressed a button of ours in a chat, or chose from our list, whose name is `key`."""

    id: str
    team: str
    home: str
    user: str
    channel: str
    thread: str
    ts: str  # of the message; "" at home
    action: str
    value: str
    key: str
    trigger: str
    at: datetime
    kind: Literal["chat_pressed"] = "chat_pressed"


@dataclass(frozen=True)
class ChatFormSent:
    """Somebody sent a form of ours. `form` is what it is called; `origin` was put into it by us."""

    id: str
    team: str
    home: str
    user: str
    form: str
    origin: str
    fields: dict[str, str]
    at: datetime
    kind: Literal["chat_form_sent"] = "chat_form_sent"


@dataclass(frozen=True)
class ChatHomeOpened:
    """Somebody looks at our own page in a chat."""

    id: str
    team: str
    home: str
    user: str
    kind: Literal["chat_home_opened"] = "chat_home_opened"


@dataclass(frozen=True)
class ChatLeft:
    """A workspace removed us or took our tokens back, at that time: Slack may say it minutes later again."""

    id: str
    team: str
    at: datetime
    kind: Literal["chat_left"] = "chat_left"


@dataclass(frozen=True)
class SignInReturned:
    """A browser came back from GitHub or Slack with a code. `state` is the digest of the one that we gave."""

    state: str
    code: str
    kind: Literal["sign_in_returned"] = "sign_in_returned"


@dataclass(frozen=True)
class Pinged:
    zen: str
    kind: Literal["pinged"] = "pinged"


@dataclass(frozen=True)
class Unreadable:
    """What another version of us wrote down. Nobody writes it: it is only read."""


ChatEvent = ChatSaid | ChatPressed | ChatFormSent | ChatHomeOpened | ChatLeft

Event = (
    Commented
    | CommentDeleted
    | PullChanged
    | CheckPressed
    | SuiteRerun
    | RepositoryChanged
    | InstallationChanged
    | AuthorizationRevoked
    | Requested
    | ChatEvent
    | SignInReturned
    | Pinged
)

_EVENT: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="kind")])


def to_json(event: Event) -> bytes:
    return _EVENT.dump_json(event)


def from_json(body: bytes) -> Event | Unreadable:
    try:
        return _EVENT.validate_json(body)
    except ValidationError:
        return Unreadable()
