"""One soak: people ask, things fail, all calms down, and the auditor looks."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import httpx

from bot.ids import RunId
from bot.ledger import Ledger
from bot.processes.stage import Stage, Wanted, stage
from bot.runs import RunState
from playground.driver import Refusal
from tests.auditor import gather, not_taken, violations
from tests.postgres import postgres
from tests.reviving import Reviver
from tests.soak.deeds import some_deed
from tests.soak.faults import Fault
from tests.world import World, new_world

AT_ONCE = 12  # runs that are open before somebody asks for another one
RUNS_A_REPOSITORY = 8  # GitHub's limits are counted for each owner
BETWEEN_FAULTS_S = (0.5, 6.0)
WORKERS = 6
CALM_S = 600.0  # everything that is waited out after a failure is shorter
CLEAN_S = 75.0
PROGRESS_S = 15.0
SETTINGS = {
    "UPDATE_INTERVAL_S": "1",
    "REDELIVERY_INTERVAL_S": "5",
    "GITHUB_WRITES_PER_MINUTE": "6000",  # waiting for GitHub's limits is measured elsewhere
}


@dataclass(frozen=True)
class Size:
    """`runs` are asked for, unless `seconds` are over before."""

    runs: int
    seconds: float
    seed: int


@dataclass(frozen=True)
class Crew:
    """Who works, and on which ledger."""

    desks: int = 1
    hands: int = 1
    on_postgres: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        return ("web", *_numbered("desk", self.desks), *_numbered("hands", self.hands))


def _numbered(kind: str, count: int) -> list[str]:
    return [kind, *(f"{kind}-{number}" for number in range(2, count + 1))]


@dataclass
class Soak:
    """Over one stage. `say` is given a line of progress now and then."""

    stage: Stage
    ledger: Ledger
    size: Size
    faults: Sequence[Fault]
    struck: Counter[str] = field(default_factory=Counter)
    _enough: threading.Event = field(default_factory=threading.Event)
    _struck_last: threading.Event = field(default_factory=threading.Event)
    _over: threading.Event = field(default_factory=threading.Event)

    def run(self) -> tuple[int, list[str]]:
        """How many runs there were, and the broken promises."""
        striking = threading.Thread(target=self._strike, name="faults", daemon=True)
        with Reviver(self.stage) as reviver:
            striking.start()
            self._ask()
            self._enough.set()
            self._struck_last.wait()
            self.stage.driver.clears_faults()
            print(f"{sum(self.struck.values())} faults, {len(reviver.revived)} processes revived", flush=True)
            self._calm_down()
            found = self._audited()
            self._over.set()
            striking.join()
        return len(self.ledger.runs.all()), found

    def _ask(self) -> None:
        """Deed after deed, in one repository after the other."""
        chance = Random(self.size.seed)
        worlds = [self._world(number) for number in range(max(2, self.size.runs // RUNS_A_REPOSITORY))]
        began = said = time.monotonic()
        while True:
            now = time.monotonic()
            runs = self.ledger.runs.all()
            if now - said > PROGRESS_S:
                said = now
                self._progress(now - began, [str(run.state) for run in runs])
            if len(runs) >= self.size.runs or now - began > self.size.seconds:
                return
            if sum(not run.state.final for run in runs) + self._unheard() >= AT_ONCE:
                time.sleep(0.2)
                continue
            with suppress(Refusal, httpx.TransportError, AssertionError):
                some_deed(chance)(chance.choice(worlds), chance)
            time.sleep(chance.uniform(0.0, 0.5))

    def _unheard(self) -> int:
        """Deliveries that nobody has handled yet: while the desk is away, they may all be runs."""
        return sum(state == "new" for _, state, _ in self.ledger.deliveries.outcomes())

    def _world(self, number: int) -> World:
        return new_world(self.stage, self.ledger, owner=f"soak-{number}")

    def _progress(self, seconds: float, states: Sequence[str]) -> None:
        told = ", ".join(f"{times} {state}" for state, times in sorted(Counter(states).items()))
        print(f"{seconds:.0f} s: {told or 'no run yet'}; {sum(self.struck.values())} faults", flush=True)

    def _strike(self) -> None:
        chance = Random(self.size.seed + 1)
        instance = self.ledger.instance()
        while self.faults and not self._enough.wait(chance.uniform(*BETWEEN_FAULTS_S)):
            fault = chance.choice(self.faults)
            told = fault(self.stage, chance, instance)
            self.struck[told] += 1
            with (self.stage.folder / "faults.log").open("a") as log:
                log.write(f"{time.strftime('%H:%M:%S')} {told}\n")
        self._struck_last.set()
        self._over.wait()  # a Redis that this thread has started would die with the thread

    def _calm_down(self) -> None:
        """Until nothing is owed any more, or it has taken too long: the auditor will say what is left."""
        deadline = time.monotonic() + CALM_S
        self.stage.driver.pings()  # what was held back to change its order arrives behind this
        answered: set[RunId] = set()
        while time.monotonic() < deadline:
            self._deny_parked(answered)
            owed = self._owed()
            if not owed:
                return
            time.sleep(1)
        print(f"Still owed after {CALM_S:.0f} s: {owed}", flush=True)

    def _deny_parked(self, answered: set[RunId]) -> None:
        """Nobody waits four hours here for approvals that nobody gives."""
        for run in self.ledger.runs.open():
            if run.state is RunState.PARKED and run.id not in answered:
                answered.add(run.id)
                number, repo = run.target.number, str(run.target.place.repo)
                self.stage.driver.comments(f"/agent deny {run.id}", on=number, by="maint-mia", repo=repo)

    def _owed(self) -> str:
        told = Counter(
            [
                *(f"run {run.state}" for run in self.ledger.runs.open()),
                *(f"delivery {state}" for _, state, _ in self.ledger.deliveries.outcomes() if state == "new"),
                *(f"surface {key}" for key, done, _ in self.ledger.surfaces.all() if not done),
                *([] if self.stage.driver.sees_state()["webhook"]["idle"] else ["webhooks"]),
            ]
        )
        told["delivery not answered"] = not_taken(self.stage)
        return ", ".join(f"{times} {what}" for what, times in sorted(told.items()) if times)

    def _audited(self) -> list[str]:
        """What is left on the machine has a minute to go; what is said has been said by now."""
        deadline = time.monotonic() + CLEAN_S
        while True:
            evidence = gather(self.stage, self.ledger)
            if not evidence.left or time.monotonic() > deadline:
                return violations(evidence)
            time.sleep(3)


def soak(
    size: Size, faults: Sequence[Fault], crew: Crew, *, keep: Path | None = None
) -> tuple[int, list[str]]:
    """On a stage of its own; in the folder `keep`, the logs stay."""
    with _folder(keep) as folder, ExitStack() as stack:
        settings = SETTINGS | {"HANDS_WORKERS": str(max(1, WORKERS // crew.hands))}
        if crew.on_postgres:
            settings |= {"LEDGER_URL": stack.enter_context(postgres()).url()}
        temporary = folder / "tmp"
        temporary.mkdir(parents=True, exist_ok=True)
        os.environ["TMPDIR"] = str(temporary)  # so that what our processes leave there is seen
        ready = stack.enter_context(stage(Wanted(folder=folder, settings=settings, names=crew.names)))
        ledger = stack.enter_context(closing(ready.ledger()))
        return Soak(ready, ledger, size, faults).run()


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="soak-") as name:
        yield Path(name)
