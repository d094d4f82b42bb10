"""Which waiting run may start next, and why each other one waits, at which place.

Pure. Fair between repositories: the one with the fewest busy runs comes first, then the one whose last start
is longest ago. Within a repository the oldest comes first. A run that lacks room lets no younger one of its
repository pass, so that it gets its turn; one that waits for an environment keeps nobody else waiting.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum

from bot.ids import RunId
from bot.locks import Lock

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Waiting:
    """A queued run, as much as the decision needs. `environment` is "" when it needs none."""

    run: RunId
    installation: int
    repo_id: int
    requester_id: int
    environment: str
    queued_at: datetime
    repository_runs: int  # busy runs of its repository, itself included, that it allows
    installation_runs: int


@dataclass(frozen=True)
class Busy:
    """A run that hands or desk have."""

    run: RunId
    installation: int
    repo_id: int
    environment: str


@dataclass(frozen=True)
class Standing:
    """Everything that the decision is made from. `last_starts` is by repository."""

    waiting: Sequence[Waiting]
    busy: Sequence[Busy]
    now: datetime
    locks: Sequence[Lock] = ()
    last_starts: Mapping[int, datetime] = field(default_factory=dict)


class Why(StrEnum):
    TURN = "turn"  # it may start as soon as a worker is free
    REPOSITORY = "repository"  # as many runs of its repository are busy as may be
    INSTALLATION = "installation"
    ENVIRONMENT = "environment"  # another run has its environment, or comes before it there
    LOCK = "lock"  # a person has its environment


_HELD = frozenset({Why.ENVIRONMENT, Why.LOCK})


@dataclass(frozen=True)
class Wait:
    """Why a run waits. `before` counts the waiting runs that start before it in the line it stands in."""

    why: Why
    before: int = 0
    holder: RunId | None = None  # the run that has the environment now
    lock: Lock | None = None


def startable(standing: Standing) -> Iterator[RunId]:
    """The runs that may start, in order, as if each one before had started. Looks no further than asked."""
    walk = _Walk(standing)
    for run in walk.go():
        yield run.run


def waits(standing: Standing) -> dict[RunId, Wait]:
    """Why each waiting run waits, and its place."""
    walk = _Walk(standing)
    found = {run.run: Wait(Why.TURN, before) for before, run in enumerate(walk.go())}
    lines: Counter[tuple[int, str]] = Counter()  # an environment's, or with "" the repository's own
    for run in sorted(standing.waiting, key=_by_age):
        refusal = walk.refused.get(run.run)
        held = refusal is not None and refusal.why in _HELD
        if refusal is not None:
            before = lines[run.repo_id, run.environment if held else ""]
            found[run.run] = replace(refusal, before=before)
        if run.environment:
            lines[run.repo_id, run.environment] += 1
        if not held:
            lines[run.repo_id, ""] += 1
    return found | _in_installations(standing, found)


def _in_installations(standing: Standing, found: Mapping[RunId, Wait]) -> dict[RunId, Wait]:
    """Those that wait for room in their installation: its repositories take turns."""
    line = [run for run in standing.waiting if found[run.run].why is Why.INSTALLATION]
    before: Counter[int] = Counter()
    placed = {}
    for run in sorted(line, key=lambda run: (found[run.run].before, _by_age(run))):
        placed[run.run] = Wait(Why.INSTALLATION, before[run.installation])
        before[run.installation] += 1
    return placed


def _by_age(run: Waiting) -> tuple[datetime, RunId]:
    return run.queued_at, run.run


class _Walk:
    """Starts in thought what may start. `refused` has the others, complete once the walk is at its end."""

    def __init__(self, standing: Standing) -> None:
        self._standing = standing
        self._of_repository = Counter(run.repo_id for run in standing.busy)
        self._of_installation = Counter(run.installation for run in standing.busy)
        self._holders: dict[tuple[int, str], RunId | None] = {
            (run.repo_id, run.environment): run.run for run in standing.busy if run.environment
        }
        self._locks = {(lock.repo_id, lock.name): lock for lock in standing.locks}
        self._lines: dict[int, deque[Waiting]] = defaultdict(deque)
        for run in sorted(standing.waiting, key=_by_age):
            self._lines[run.repo_id].append(run)
        self.refused: dict[RunId, Wait] = {}

    def go(self) -> Iterator[Waiting]:
        turns = [self._turn(repo, self._standing.last_starts.get(repo, _NEVER)) for repo in self._lines]
        heapq.heapify(turns)
        while turns:
            *_, repo = heapq.heappop(turns)
            run = self._next_of(repo)
            if run is not None:
                yield run
            if self._lines[repo]:
                heapq.heappush(turns, self._turn(repo, self._standing.now))

    def _turn(self, repo: int, last_start: datetime) -> tuple[int, datetime, datetime, int]:
        return self._of_repository[repo], last_start, self._lines[repo][0].queued_at, repo

    def _next_of(self, repo: int) -> Waiting | None:
        """The oldest run of the repository that may start, which starts."""
        line = self._lines[repo]
        while line:
            run = line.popleft()
            held = self._held(run)
            refusal = held or self._no_room(run)
            if refusal is None:
                self._start(run)
                return run
            self.refused[run.run] = refusal
            if held is None:  # nobody younger passes
                self.refused |= {each.run: self._held(each) or refusal for each in line}
                line.clear()
        return None

    def _start(self, run: Waiting) -> None:
        self._of_repository[run.repo_id] += 1
        self._of_installation[run.installation] += 1
        if run.environment:
            self._holders[run.repo_id, run.environment] = None  # not yet, but before all others

    def _held(self, run: Waiting) -> Wait | None:
        place = (run.repo_id, run.environment)
        if not run.environment:
            return None
        if place in self._holders:
            return Wait(Why.ENVIRONMENT, holder=self._holders[place])
        lock = self._locks.get(place)
        if lock is not None and lock.blocks(run.requester_id, self._standing.now):
            return Wait(Why.LOCK, lock=lock)
        return None

    def _no_room(self, run: Waiting) -> Wait | None:
        if self._of_repository[run.repo_id] >= run.repository_runs:
            return Wait(Why.REPOSITORY)
        if self._of_installation[run.installation] >= run.installation_runs:
            return Wait(Why.INSTALLATION)
        return None
