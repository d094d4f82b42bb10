"""Every point of every process: a run for each, in which the process is killed there."""

from __future__ import annotations

import queue
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.ledger import Ledger
from bot.processes.stage import Stage, Wanted, stage
from bot.runs import Run, RunState
from tests.auditor import gather, violations
from tests.crash.points import CHILD, MYSELF, Crash, Orders
from tests.reviving import Reviver
from tests.world import World, new_world

PLAN = "/agent run\n\n1. Create a file `notes/made.txt` with `written by a run`\n"
GATED = """\
/agent run
```yaml
- {action_type: write_file, parameters: {path: CODEOWNERS, content: '* @acme'}}
```"""
LONGEST_S = 90.0
CLEAN_S = 60.0
SETTINGS = {
    "UPDATE_INTERVAL_S": "0.2",
    "HANDS_WORKERS": "2",
    "WARM_BOXES": "1",
    "REDELIVERY_INTERVAL_S": "1",
    "GITHUB_WRITES_PER_MINUTE": "6000",
}


@dataclass(frozen=True)
class Trial:
    """One crash of one process, in a run of this plan."""

    process: str
    crash: Crash
    plan: str = PLAN

    def __str__(self) -> str:
        who = self.process if self.crash.victim == MYSELF else f"{self.process}'s child"
        gated = ", gated" if self.plan == GATED else ""
        return f"{who} at {self.crash.point}, time {self.crash.nth}{gated}"


@dataclass(frozen=True)
class Outcome:
    trial: Trial
    run: Run | None
    died: bool
    seconds: float

    @property
    def problem(self) -> str:
        """What is not as it must be for a run that may be repeated; "" when it is."""
        if self.run is None:
            return "no run began"
        if self.trial.crash.victim == CHILD and self.run.state.final:
            return ""  # hands live and say what went wrong
        if self.run.state is not RunState.SUCCEEDED or self.run.pull is None:
            return f"run {self.run.id} {self.run.state}: {self.run.reason}"
        return ""

    def __str__(self) -> str:
        ends = "nothing" if self.run is None else f"run {self.run.id} {self.run.state}"
        how = ends if self.died else f"{ends}, point not passed"
        return f"{self.trial}: {how}, {self.seconds:.1f} s"


@dataclass
class Ground:
    """One stage on which processes die."""

    stage: Stage
    ledger: Ledger
    orders: Orders
    number: int
    outcomes: list[Outcome]

    def goes(self, trial: Trial) -> Outcome:
        world = new_world(self.stage, self.ledger, owner=f"crash-{self.number}-{len(self.outcomes)}")
        world.is_quiet()
        began = time.monotonic()
        if trial.process:
            self.orders.arm(trial.process, trial.crash)
        world.comments(trial.plan)
        run = self._ended(world)
        died = bool(trial.process) and not self.orders.disarm(trial.process)
        outcome = Outcome(trial, run, died, time.monotonic() - began)
        self.outcomes.append(outcome)
        return outcome

    def _ended(self, world: World) -> Run | None:
        """The run with its end, or as it is when that takes too long. Who it waits for approves it, once."""
        approved = False
        deadline = time.monotonic() + LONGEST_S
        while time.monotonic() < deadline:
            run = next(iter(world.runs()), None)
            if run is not None and run.state.final and world.shown(run.id):
                return run
            if run is not None and run.state is RunState.PARKED and not approved and _gate_shown(world):
                world.comments(f"/agent approve {run.id}", by="maint-mia")
                approved = True
            time.sleep(0.1)
        return next(iter(world.runs()), None)

    def audited(self) -> list[str]:
        """What the auditor says, once what is left had its minute to go."""
        deadline = time.monotonic() + CLEAN_S
        while True:
            evidence = gather(self.stage, self.ledger)
            found = violations(evidence)
            if not evidence.left and not found:
                return []
            if time.monotonic() > deadline:
                return [self._blamed(sentence) for sentence in found]
            time.sleep(2)

    def _blamed(self, sentence: str) -> str:
        for outcome in self.outcomes:
            if outcome.run is not None and outcome.run.id in sentence:
                return f"{sentence} [{outcome.trial}]"
        return sentence


@contextmanager
def ground(number: int) -> Iterator[Ground]:
    with tempfile.TemporaryDirectory(prefix="crash-") as name:
        folder = Path(name)
        (folder / "orders").mkdir()

        def command(process: str) -> Sequence[str]:
            return [sys.executable, "-m", "tests.crash.process", process, str(folder / "orders")]

        wanted = Wanted(folder=folder, settings=SETTINGS, command=command)
        with stage(wanted) as ready, closing(ready.ledger()) as ledger, Reviver(ready):
            yield Ground(ready, ledger, Orders(folder / "orders"), number, [])


def _gate_shown(world: World) -> bool:
    return any(check["conclusion"] == "action_required" for check in world.checks())


def trials(recorded: Ground, times: int) -> list[Trial]:
    """Each point that a quiet run passes, `times` times: at its first passing, its second, …; then what a
    run passes besides that has to be approved."""
    recorded.goes(_no_crash(PLAN))  # the first of all fetches what the others have
    plain = _passed(recorded, PLAN)
    gated = _passed(recorded, GATED)
    besides = {point: range(plain[point] + 1, passed + 1) for point, passed in gated.items()}
    return [
        *_at_each({point: range(1, passed + 1) for point, passed in plain.items()}, times, PLAN),
        *_at_each({point: passings for point, passings in besides.items() if passings}, times, GATED),
    ]


def _no_crash(plan: str) -> Trial:
    return Trial("", Crash(""), plan)


def _passed(recorded: Ground, plan: str) -> Counter[tuple[str, str]]:
    """How often each (process, point) is passed by a run of this plan without any crash."""
    recorded.orders.forget()
    outcome = recorded.goes(_no_crash(plan))
    if outcome.problem:
        raise AssertionError(f"Without any crash: {outcome.problem}.")
    names = recorded.stage.processes.names
    return Counter((name, point) for name in names for point in sorted(recorded.orders.passed(name)))


def _at_each(points: Mapping[tuple[str, str], range], times: int, plan: str) -> Iterator[Trial]:
    for (process, point), passings in points.items():
        for n in range(times):
            nth = passings[n % len(passings)]
            yield Trial(process, Crash(point, nth), plan)
            if point.endswith(".begun"):
                yield Trial(process, Crash(point, nth, CHILD), plan)


@dataclass
class Sweep:
    """Several grounds side by side, over one list of trials."""

    times: int
    grounds: int
    sample: int | None
    seed: int

    def run(self) -> tuple[int, int]:
        """How many points, how many violations; each is printed when it is known."""
        waiting: queue.Queue[Trial] = queue.Queue()
        said: list[str] = []
        with ground(0) as first:
            chosen = self._chosen(trials(first, self.times))
            for trial in chosen:
                waiting.put(trial)
            others = [
                threading.Thread(target=self._other, args=(number, waiting, said))
                for number in range(1, self.grounds)
            ]
            for thread in others:
                thread.start()
            said += self._work(first, waiting)
            for thread in others:
                thread.join()
        for sentence in said:
            print(sentence, flush=True)
        return len(chosen), len(said)

    def _chosen(self, found: list[Trial]) -> list[Trial]:
        if self.sample is None or self.sample >= len(found):
            return found
        return random.Random(self.seed).sample(found, self.sample)

    def _other(self, number: int, waiting: queue.Queue[Trial], said: list[str]) -> None:
        try:
            with ground(number) as mine:
                said += self._work(mine, waiting)
        except Exception as bug:  # a thread that dies must not look like a clean sweep
            said.append(f"The ground {number} broke: {bug!r}")

    def _work(self, mine: Ground, waiting: queue.Queue[Trial]) -> list[str]:
        said: list[str] = []
        while True:
            try:
                trial = waiting.get_nowait()
            except queue.Empty:
                return said + mine.audited()
            outcome = mine.goes(trial)
            print(outcome, flush=True)
            if outcome.problem:
                said.append(f"{trial}: {outcome.problem}")
