"""What an auditor looks at, as plain facts: deliveries, commands, runs, what GitHub shows, what was left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.journal import Entry
from bot.runs import Run


@dataclass(frozen=True)
class Sent:
    """A delivery as GitHub knows it: how it was answered, and what came of it in the ledger."""

    guid: str
    event: str
    answered: int  # the last status; 0 when it never arrived
    taken: bool  # we said that we accepted it, or had it already
    ignored: bool  # we said that it is none of our business
    stored: bool  # the ledger has it
    state: str = ""  # new, done, failed
    outcome: str = ""


@dataclass(frozen=True)
class Written:
    """A comment with commands. `begin` of them may begin a run; `runs` and `answers` are what followed."""

    where: str
    commands: int
    begin: int
    runs: int
    answers: int


@dataclass(frozen=True)
class Pressed:
    """A button pressed so many times: what followed, runs, attempts and answers, may not be more."""

    where: str
    times: int
    followed: int


@dataclass(frozen=True)
class CheckSeen:
    """A check run on GitHub. `statuses` are those that it went through."""

    id: int
    run: str
    commit: str
    status: str
    conclusion: str | None
    title: str
    statuses: Sequence[str] = ()


@dataclass(frozen=True)
class RunSeen:
    """A run with its journal (without output), and how often it is shown."""

    run: Run
    journal: Sequence[Entry]
    checks: Sequence[CheckSeen]
    comments: Sequence[str]  # bodies that carry its marker
    branches: Sequence[str]  # named after it
    pulls: Sequence[int]  # whose body carries its marker
    says: str  # the one sentence that says how it stands
    excused: bool = False  # the people or the repository that it was to be shown to are gone


@dataclass(frozen=True)
class Left:
    """Something of ours that is still there. `age_s` counts from its run's end; None: its run goes on."""

    kind: str  # container, volume, network, process, folder
    name: str
    run: str
    age_s: float | None


@dataclass(frozen=True)
class Evidence:
    """Everything, of one ledger."""

    sent: Sequence[Sent] = ()
    written: Sequence[Written] = ()
    pressed: Sequence[Pressed] = ()
    runs: Sequence[RunSeen] = ()
    foreign_checks: Sequence[CheckSeen] = ()  # ours on GitHub, of a run that the ledger does not have
    replies: Mapping[str, int] | None = None  # how often each reply that is owed was said
    left: Sequence[Left] = ()
