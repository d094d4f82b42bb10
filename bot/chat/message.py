"""A message as we mean it: parts in the field's words. How they look is the business of whoever posts it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter


@dataclass(frozen=True)
class Heading:
    """One line of plain text."""

    text: str
    kind: Literal["heading"] = "heading"


@dataclass(frozen=True)
class Prose:
    """Markdown of ours: what others wrote is in it as code, or escaped. What is `whole` is never cut, because
    somebody decides by it."""

    text: str
    whole: bool = False
    kind: Literal["prose"] = "prose"


class TaskState(StrEnum):
    """Slack's four words for a task."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    COMPLETE = "complete"
    ERROR = "error"


@dataclass(frozen=True)
class Task:
    """One step. All of it is plain text, untrusted."""

    id: str
    title: str
    state: TaskState
    word: str  # the same, exactly: `timed out`, `skipped`
    note: str = ""


@dataclass(frozen=True)
class Steps:
    title: str
    tasks: tuple[Task, ...]
    kind: Literal["steps"] = "steps"


@dataclass(frozen=True)
class Output:
    """The end of what a step wrote, raw."""

    text: str
    kind: Literal["output"] = "output"


@dataclass(frozen=True)
class Who:
    """A member. Each reader sees the name that they know; in a message that all read it calls them."""

    member: str
    kind: Literal["who"] = "who"


@dataclass(frozen=True)
class Where:
    """A channel. Of a private one only its members see the name."""

    channel: str
    kind: Literal["where"] = "where"


@dataclass(frozen=True)
class When:
    """A moment, in the time of whoever reads it."""

    at: datetime
    kind: Literal["when"] = "when"


Named = Annotated[Who | Where | When, Field(discriminator="kind")]


@dataclass(frozen=True)
class Listing:
    """A list whose items hold what each reader sees in their own way. Words between are Markdown of ours."""

    items: tuple[tuple[str | Named, ...], ...]
    kind: Literal["listing"] = "listing"


@dataclass(frozen=True)
class Footnote:
    """Markdown of ours, small."""

    text: str
    kind: Literal["footnote"] = "footnote"


class Look(StrEnum):
    PLAIN = "plain"
    GOOD = "good"
    DANGER = "danger"


@dataclass(frozen=True)
class Confirm:
    """What is asked before a press counts."""

    title: str
    text: str
    yes: str
    no: str = "Not now"


@dataclass(frozen=True)
class Press:
    """A button that tells us: `action` is a verb of ours, `value` comes back as it is."""

    label: str
    action: str
    value: str
    look: Look = Look.PLAIN
    confirm: Confirm | None = None


@dataclass(frozen=True)
class Open:
    """A button that leads to an address of ours or of GitHub."""

    label: str
    url: str
    action: str = "open"


@dataclass(frozen=True)
class Buttons:
    buttons: tuple[Press | Open, ...]
    kind: Literal["buttons"] = "buttons"


@dataclass(frozen=True)
class Choice:
    """A list to choose one from. The choice comes back as a press of `action` with `key` and the value."""

    label: str
    action: str
    key: str
    options: tuple[str, ...]
    kind: Literal["choice"] = "choice"


Part = Annotated[
    Heading | Prose | Listing | Steps | Output | Footnote | Buttons | Choice, Field(discriminator="kind")
]


@dataclass(frozen=True)
class Message:
    """`summary` is one line of plain text: what a notification shows. `mentions` is the one who is called."""

    summary: str
    parts: tuple[Part, ...]
    mentions: str = ""


MESSAGE: TypeAdapter[Message] = TypeAdapter(Message)


def says(markdown: str, *more: Part) -> Message:
    """A message that is mostly words."""
    first = next((line for line in markdown.splitlines() if line.strip()), "")
    return Message(first, (Prose(markdown), *more))
