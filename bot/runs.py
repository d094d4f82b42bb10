"""The life of a plan: runs, steps, their states, and which state may follow which."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.equipment import Equipment
from bot.gates import Gate
from bot.ids import Person, Place, Repo, RunId, Sha
from bot.limits import Limits
from bot.plans.model import Action, Plan
from bot.policy.facts import Came
from bot.results.model import Results


class RunState(StrEnum):
    PARKED = "parked"  # people have to approve it first: no worker, no container
    QUEUED = "queued"
    RUNNING = "running"  # hands have it
    PUBLISHING = "publishing"  # the box has ended, the desk makes the pull request
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"
    DENIED = "denied"
    EXPIRED = "expired"
    BUDGET_EXHAUSTED = "budget_exhausted"

    @property
    def final(self) -> bool:
        return self not in OPEN


class Supersede(StrEnum):
    """What a push to its pull request does to a run that is open."""

    CANCEL = "cancel"  # the run of the old head is cancelled
    FINISH = "finish"  # it goes on for its commit, and says that the head moved
    NEVER = "never"  # it goes on, and nothing is said


OPEN = frozenset({RunState.PARKED, RunState.QUEUED, RunState.RUNNING, RunState.PUBLISHING})
NOT_BEGUN = frozenset({RunState.PARKED, RunState.QUEUED})
CANCELLABLE = frozenset(
    {RunState.PARKED, RunState.QUEUED, RunState.RUNNING}
)  # publishing is over in a moment


class StepState(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"

    @property
    def final(self) -> bool:
        return self not in (StepState.PENDING, StepState.RUNNING)

    @property
    def bad(self) -> bool:
        return self in (StepState.FAILED, StepState.TIMED_OUT, StepState.CANCELLED, StepState.INTERRUPTED)


@dataclass(frozen=True)
class Step:
    """One action of a run as it went. `output_bytes` counts everything it wrote, kept or not."""

    index: int
    action: Action
    state: StepState = StepState.PENDING
    note: str = ""  # one short sentence: why it was skipped, how it ended
    started_at: datetime | None = None
    ended_at: datetime | None = None
    exit_code: int | None = None
    output_bytes: int = 0
    attempt: int = 1  # the attempt of its run in which it last began, or is to begin

    @property
    def seconds(self) -> float | None:
        if self.started_at is None or self.ended_at is None:
            return None
        return max(0.0, (self.ended_at - self.started_at).total_seconds())  # a clock may be set back


@dataclass(frozen=True)
class Target:
    """The code that a run works on, pinned, and where its pull request goes.

    `sha` is the commit that is checked out. `base_ref` is the branch the new pull request is made
    against: the PR's head branch, or the default branch for an issue. `source` is the repository the
    commit lives in; it differs from `place.repo` when the pull request comes from a fork.
    """

    place: Place
    number: int
    on_pull: bool
    sha: Sha
    base_ref: str
    source: Repo
    title: str = ""

    @property
    def from_fork(self) -> bool:
        return self.source != self.place.repo


@dataclass(frozen=True)
class PullRef:
    """The pull request that a run made."""

    number: int
    url: str
    branch: str
    sha: str | None = None  # the commit that the branch was given; None of older runs


@dataclass(frozen=True)
class Attempt:
    """One that is over and was followed by another. `requester` asked for it."""

    number: int
    requester: Person
    sha: Sha
    state: RunState
    reason: str
    notes: tuple[str, ...]
    steps: tuple[Step, ...]
    queued_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True)
class Run:
    """A run as the ledger has it now. `version` grows with every change: surfaces compare it."""

    id: RunId
    version: int
    epoch: int  # grows with every claim by a worker; a worker with an older one can change nothing
    state: RunState
    target: Target
    requester: Person
    request_url: str  # the comment that asked, or the check run whose button was pressed
    plan: Plan
    limits: Limits
    steps: tuple[Step, ...]
    page_key: str
    queued_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    reason: str = ""  # one sentence when the state alone does not say it
    notes: tuple[str, ...] = ()  # sentences worth telling: head moved, output cut, file left out
    pull: PullRef | None = None
    changed_files: int | None = None  # None: nothing was collected (yet)
    cancelled_by: str = ""  # who asked first that it end; "" while nobody did
    cancel_reason: str = ""  # the sentence of it where no person asked; "" is "Cancelled by …"
    image: str = ""  # the configuration's choice; "" is the image that hands are set to
    equipment: Equipment = field(default_factory=Equipment)  # the configuration's choice
    results: Results = field(default_factory=Results)
    supersede: Supersede = Supersede.FINISH  # the configuration's choice when it was asked for
    attempt: int = 1  # grows with every retry; requester, times and steps are those of this one
    losses: int = 0  # workers that this attempt has lost
    gate: Gate | None = None  # while it is parked: what it waits for
    came: Came = Came.GITHUB  # how this attempt was asked for

    @property
    def seconds(self) -> float | None:
        if self.started_at is None or self.ended_at is None:
            return None
        return max(0.0, (self.ended_at - self.started_at).total_seconds())  # a clock may be set back

    def kept(self, step: Step) -> bool:
        """Whether this step ended well in an earlier attempt and is not done again in this one."""
        return step.attempt < self.attempt
