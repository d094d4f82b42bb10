"""Ports with a script instead of a world: each fits on a screen and fails loudly on what it does not know."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import IO, Any

from bot.actions.model import Command
from bot.desk.model import Desk
from bot.gates import NewGate
from bot.ids import InstallationId, Login, Person, Place, Repo, RunId, Sha, new_run_id
from bot.ledger import Ledger
from bot.ledger.runs import NewRun
from bot.limits import Limits
from bot.plans.model import Action, ErrorHandling, Plan
from bot.ports import Changes, Completion, Ended, Exit, Gathering, Hear, Prompt, Stream
from bot.rules import ServerFile
from bot.runs import Run, RunState, Step, Target

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
PLACE = Place(InstallationId(11), Repo("acme", "shop"), 1001)
WILL = Person(3, Login("writer-will"))
HEAD = Sha("a" * 40)


@dataclass
class Clock:
    """Stands still until it is told to go on."""

    moment: datetime = NOON

    def now(self) -> datetime:
        return self.moment

    def goes_on(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


@dataclass
class Signals:
    """Remembers who was tapped."""

    told: list[str] = field(default_factory=list)

    def tell(self, topic: str) -> None:
        self.told.append(topic)

    def wait(self, topic: str, timeout_s: float) -> bool:
        raise AssertionError(f"Nobody waits for {topic} here ({timeout_s} s).")


class Nobody:
    """A port that nobody may need here."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"Nobody may ask for {name} here.")


def a_desk(ledger: Ledger, **ports: Any) -> Desk:
    """A desk that may use these ports, and no others."""
    nobody = Nobody()
    names = ("permissions", "code", "standing", "pull_requests", "checkouts", "mailbox", "queue")
    return Desk(
        ledger=ledger,
        signals=Signals(),
        clock=Clock(),
        server=ServerFile(),
        slug="devops-agent",
        public_url="http://127.0.0.1",
        git_url="http://127.0.0.1",
        **{name: ports.get(name, nobody) for name in names},
    )


EXITED_WELL = Exit(Ended.EXITED, 0, 0.1)


@dataclass
class ScriptedBox:
    """Ends each command as the script says: by its shell text, 0 when the script does not have it.

    A command named in `waits` runs until `stop` or until `let_go`.
    """

    script: Mapping[str, Exit] = field(default_factory=dict)
    says: Mapping[str, str] = field(default_factory=dict)
    waits: frozenset[str] = frozenset()
    ran: list[str] = field(default_factory=list)
    together: int = 0  # the most that ran at the same time
    _running: int = 0
    _stopped: threading.Event = field(default_factory=threading.Event)
    let_go: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, command: Command, hear: Hear) -> Exit:
        text = command.argv[-1]
        with self._lock:
            self.ran.append(text)
            self._running += 1
            self.together = max(self.together, self._running)
        try:
            if text in self.says:
                hear(Stream.OUT, self.says[text])
            if text in self.waits:
                return self._wait()
            return self.script.get(text, EXITED_WELL)
        finally:
            with self._lock:
                self._running -= 1

    def _wait(self) -> Exit:
        while not self.let_go.wait(0.01):
            if self._stopped.is_set():
                return Exit(Ended.STOPPED, None, 0.1)
        return EXITED_WELL

    def gather(self, globs: Sequence[str]) -> Gathering:
        return Gathering(())

    def bring(self, parcel: IO[bytes]) -> None:
        raise AssertionError("Nobody brings anything here.")

    def pack(self, folders: Sequence[str], out: IO[bytes]) -> bool:
        raise AssertionError("Nobody keeps anything here.")

    def remarks(self) -> tuple[str, ...]:
        return ()

    def changes(self) -> Changes:
        return Changes((), b"")

    def stop(self) -> None:
        self._stopped.set()


@dataclass
class ScriptedModel:
    """Answers in the order of its script, an error by raising it. Whoever asks once too often is told."""

    script: list[str | Exception]
    prompts: list[Prompt] = field(default_factory=list)
    cost_usd: float | None = 0.01

    def tokens(self, text: str) -> int:
        return len(text) // 4

    def complete(self, prompt: Prompt) -> Completion:
        self.prompts.append(prompt)
        if not self.script:
            raise AssertionError("Nobody expects another question to the model.")
        answer = self.script.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return Completion(answer, "scripted/one", 1_000, 100, self.cost_usd, 0.5)


def commands(*texts: str, error_handling: ErrorHandling = ErrorHandling.STOP) -> Plan:
    """A plan of shell commands, in order."""
    return Plan(tuple(action(text) for text in texts), error_handling, "shell")


def action(text: str, *depends_on: int, dag: bool = False) -> Action:
    return Action("run_command", {"command": text}, f"Run {text}", depends_on if dag or depends_on else None)


def a_run(plan: Plan, *, limits: Limits | None = None, source: Repo | None = None) -> Run:
    return Run(
        id=new_run_id(),
        version=1,
        epoch=1,
        state=RunState.RUNNING,
        target=Target(PLACE, 7, on_pull=True, sha=HEAD, base_ref="feature", source=source or PLACE.repo),
        requester=WILL,
        request_url="https://github.test/acme/shop/pull/7#issuecomment-1",
        plan=plan,
        limits=limits or Limits(),
        steps=tuple(Step(index, each) for index, each in enumerate(plan.actions)),
        page_key="key",
        queued_at=NOON,
        started_at=NOON,
    )


def begun(ledger: Ledger, plan: Plan, *, limits: Limits | None = None, gate: NewGate | None = None) -> RunId:
    """A queued run of this plan in the ledger, or one parked behind a gate; shown nowhere."""
    run, asked = new_run_id(), "https://github.test/acme/shop/pull/7#issuecomment-1"
    new = NewRun(run, run, a_run(plan).target, WILL, asked, plan, limits or Limits(), "key", gate=gate)
    assert ledger.runs.begin(new, [], NOON) is not None
    return run


def claimed(ledger: Ledger, *, limits: Limits | None = None) -> Run:
    """A run of two commands that a worker has taken."""
    run = begun(ledger, commands("one", "two"), limits=limits)
    return taken(ledger, run)


def taken(ledger: Ledger, run: RunId) -> Run:
    """This very run, which must be next, taken by a worker."""
    found = ledger.runs.claim_next(worker="hands:1", seal_key=b"k", now=NOON)
    assert found is not None
    assert found.id == run
    return found
