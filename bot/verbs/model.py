"""What a verb is: a row of the table in `bot/verbs/__init__.py`, from a question to an answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.events import Subject
from bot.forecast import Outlook
from bot.ids import Digest, Person, Place, PlanId, RunId, new_plan_id
from bot.locks import Lock
from bot.planning.model import KEPT_FOR, Planned, ShownPlan, Told
from bot.plans.build import build
from bot.plans.model import Draft, Plan
from bot.policy import Grant
from bot.policy.verdict import Judgement
from bot.ports import Code, Role
from bot.reading import Ask
from bot.retrying import Choice
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
    subject: Subject  # as it was when the command was written
    edited: bool  # the command was put in by an edit of a comment
    grant: Grant
    rules: Rules
    key: str  # of the command: the same, however often it is handled

    def plan(self, draft: Draft) -> Plan:
        """What these words mean under the rules of this place. PlanError says what is wrong with it."""
        rules = self.rules
        return build(draft, self.grant, limits=rules.limits, images=rules.images, secrets=rules.secrets)


class Thinker(Protocol):
    """A model, where nothing else understands the words. It may take minutes, and it is paid for."""

    def propose(self, asked: Asked, check: Callable[[Draft], Plan]) -> Planned:
        """A plan of the command's words that `check` has accepted."""
        ...

    def answer(self, asked: Asked) -> Told:
        """An answer to the question that the command's words are."""
        ...


class Facts(Protocol):
    """What a verb may look at. Nothing here changes anything."""

    @property
    def code(self) -> Code: ...

    @property
    def thinker(self) -> Thinker | None:
        """None when no model is set up."""
        ...

    def shown_plan(self, plan: PlanId) -> ShownPlan | None:
        """None when it is unknown or its time is over."""
        ...

    def run(self, run: RunId) -> Run | None: ...

    def latest_run(self, place: Place, number: int) -> Run | None: ...

    def open_runs(self, place: Place, number: int) -> tuple[Run, ...]:
        """Those of this issue or pull request that have not ended, oldest first."""
        ...

    def locks(self, place: Place) -> tuple[Lock, ...]:
        """Those that people hold in this repository, by name."""
        ...

    def environment_runs(self, place: Place) -> tuple[Run, ...]:
        """The open runs of this repository that need an environment, oldest first."""
        ...

    def outlook(self, run: Run) -> Outlook | None:
        """What a waiting run may expect; None when it does not wait."""
        ...

    def latest_published(self, place: Place, number: int) -> Run | None:
        """The newest one here that made a pull request."""
        ...

    def latest_of(self, place: Place, digest: Digest) -> Run | None:
        """The newest run of a plan in this repository."""
        ...

    def patch(self, run: Run) -> bytes:
        """What it changed, as git writes it; empty when it changed nothing."""
        ...

    def judgement(self, run: Run) -> Judgement | None:
        """What the policy said of its steps; None of runs that are older than the policy."""
        ...

    def page(self, run: Run) -> str:
        """The address of the run's own page."""
        ...


@dataclass(frozen=True)
class Reply:
    """Say this, once, under the comment that asked."""

    text: str  # Markdown


@dataclass(frozen=True)
class Show:
    """Show this plan, and keep it under an id by which it can be run."""

    planned: Planned


@dataclass(frozen=True)
class Start:
    """Begin a run of this plan on this code."""

    planned: Planned
    target: Target


@dataclass(frozen=True)
class Cancel:
    """End these runs, and say for each what became of it."""

    runs: tuple[RunId, ...]


@dataclass(frozen=True)
class TakeLock:
    """Hold this name for whoever asked, unless somebody else does."""

    name: str
    reason: str
    span: timedelta


@dataclass(frozen=True)
class ReleaseLock:
    """Give this lock back, if it is still the one that is there."""

    lock: Lock


@dataclass(frozen=True)
class Retry:
    """Begin the next attempt of this ended run, on this commit."""

    run: Run
    choice: Choice
    target: Target


@dataclass(frozen=True)
class Approve:
    """Let this parked run go on, if its plan has the digest that was given, if one was."""

    run: Run
    digest: str


@dataclass(frozen=True)
class Deny:
    """This parked run shall not go on."""

    run: Run
    why: str


Answer = Reply | Show | Start | Cancel | Retry | TakeLock | ReleaseLock | Approve | Deny


@dataclass(frozen=True)
class Verb:
    name: str
    usage: str  # `/agent run …` as one would type it
    summary: str  # one sentence
    example: str
    needs: Role
    answer: Callable[[Asked, Facts], Answer]  # raises UserError with a sentence for the person


def shown_here(asked: Asked, planned: Planned, now: datetime) -> ShownPlan:
    """The plan as it is shown now, in answer to this command."""
    return ShownPlan(
        id=new_plan_id(),
        key=asked.key,
        repo_id=asked.place.repo_id,
        number=asked.number,
        planned=planned,
        until=now + KEPT_FOR,
    )
