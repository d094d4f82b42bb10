"""What a verb is: a row of the table in `bot/verbs/__init__.py`, from a question to an answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from bot.ids import Person, Place, RunId
from bot.plans.model import Plan
from bot.policy import Grant
from bot.ports import Code, Role
from bot.reading import Ask
from bot.rules import Rules
from bot.runs import Run, Target


@dataclass(frozen=True)
class Asked:
    """A command, by whom, where, with which right. Policy has already permitted the verb."""

    ask: Ask
    person: Person
    place: Place
    number: int
    on_pull: bool
    grant: Grant
    rules: Rules


class Facts(Protocol):
    """What a verb may look at. Nothing here changes anything."""

    @property
    def code(self) -> Code: ...

    def run(self, run: RunId) -> Run | None: ...

    def latest_run(self, place: Place, number: int) -> Run | None: ...

    def open_runs(self, place: Place, number: int) -> tuple[Run, ...]:
        """Those of this issue or pull request that have not ended, oldest first."""
        ...

    def page(self, run: Run) -> str:
        """The address of the run's own page."""
        ...


@dataclass(frozen=True)
class Reply:
    """Say this, once, under the comment that asked."""

    text: str  # Markdown


@dataclass(frozen=True)
class Start:
    """Begin a run of this plan on this code."""

    plan: Plan
    target: Target


@dataclass(frozen=True)
class Cancel:
    """End these runs, and say for each what became of it."""

    runs: tuple[RunId, ...]


Answer = Reply | Start | Cancel


@dataclass(frozen=True)
class Verb:
    name: str
    usage: str  # `/agent run …` as one would type it
    summary: str  # one sentence
    example: str
    needs: Role
    answer: Callable[[Asked, Facts], Answer]  # raises UserError with a sentence for the person
