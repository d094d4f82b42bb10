"""From the moment in which hands take a run until its first line of output is written down.

Real hands, a real ledger, a warm box and a commit that is here already; the desk's yes is there at once,
because what it takes is GitHub's time. Between two runs, `docker run` prints a line, locked down the same.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from benchmarks import runnable
from benchmarks.boxed import Shop, shop
from benchmarks.figures import Figure, Figures, middle
from benchmarks.scale import Scale
from bot.clearance import Cleared, grant
from bot.clock import SystemClock
from bot.hands import Tools, perform_waiting
from bot.ids import RunId, Sha
from bot.journal import EntryKind
from bot.ledger import Ledger
from bot.ports import Origin, Snapshot
from bot.runs import Run
from runners.parcels import FileParcels

QUIET_S = 1.2  # between two runs: until another box waits
SAYS = "echo hello; sleep 0.3"
_LOCKED = (
    *("--network", "none", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
    *("--pids-limit", "512", "--memory", "2g", "--memory-swap", "2g", "--user", "1000:1000"),
    *("--log-driver", "none", "--tmpfs", "/workspace:uid=1000,gid=1000"),
)


def measure(scale: Scale) -> Figures:
    with shop(warm=1) as ready, closing(Ledger(f"sqlite:///{ready.folder / 'ledger.db'}")) as ledger:
        ours: list[float] = []
        theirs: list[float] = []
        for _ in range(scale.runs + 1):
            time.sleep(QUIET_S)
            ours.append(_ours_ms(ready, ledger))
            theirs.append(_docker_run_ms(ready.image))
    ours, theirs = ours[1:], theirs[1:]  # the first one also reads our own code from the disk
    ratios = [one / other for one, other in zip(ours, theirs, strict=True)]
    return {
        "pickup_to_first_line_ms_p50": Figure(middle(ours), "ms", middle(theirs), len(ours)),
        "pickup_to_first_line_vs_docker_run": Figure(middle(ratios), "×", 1.0, len(ours)),
    }


@dataclass(frozen=True)
class _Desk:
    """Says yes to every run at once, sealed as always."""

    ledger: Ledger
    sha: Sha

    def ask(self, run: RunId, epoch: int, timeout_s: float) -> bytes | None:
        key = self.ledger.runs.seal_key(run, epoch)
        if key is None:
            raise AssertionError(f"Run {run} is nobody's ({timeout_s} s).")
        origin = Origin("https://github.invalid/acme/shop", self.sha)
        return grant(Cleared(origin), to=key, run=run, epoch=epoch)

    def answer(self, run: RunId, epoch: int, sealed: bytes) -> None:
        raise AssertionError(f"Nobody answers here: {run} {epoch} {len(sealed)}.")


@dataclass(frozen=True)
class _Here:
    """The commit is here: what is asked of git is whether it still is."""

    found: Callable[[], Snapshot]

    def fetch(self, _origin: Origin) -> Snapshot:
        return self.found()


class _Nobody(runnable.Silence):
    """A queue in which nobody waits."""

    def deliver(self, delivery: int) -> None:
        raise AssertionError(f"Nothing is delivered here: {delivery}.")

    def perform(self, run: RunId) -> None:
        raise AssertionError(f"Nobody else performs {run}.")

    def publish(self, run: RunId) -> None:
        raise AssertionError(f"Nothing is published: {run}.")


def _ours_ms(ready: Shop, ledger: Ledger) -> float:
    runnable.queued(ledger, SAYS, sha=ready.snapshot.sha)
    nobody = _Nobody()
    tools = Tools(
        ledger=ledger,
        boxes=ready.boxes,
        snapshots=_Here(ready.fetch),
        parcels=FileParcels(Path()),  # none is asked for
        mailbox=_Desk(ledger, ready.snapshot.sha),
        queue=nobody,
        signals=nobody,
        clock=SystemClock(),
        worker="bench",
        image=ready.image,
    )
    before = {run.id for run in ledger.runs.all() if run.started_at}
    perform_waiting(tools, lambda: True)
    (run,) = [each for each in ledger.runs.all() if each.started_at and each.id not in before]
    return _to_first_line_ms(run, ledger)


def _to_first_line_ms(run: Run, ledger: Ledger) -> float:
    journal = ledger.journals.read(run.id)
    (line,) = [each.at for each in journal if each.kind is EntryKind.OUT]
    if run.started_at is None or run.reason:
        raise AssertionError(f"Run {run.id}: {run.reason}")
    return (line - run.started_at).total_seconds() * 1000


def _docker_run_ms(image: str) -> float:
    """From asking to the first byte."""
    began = time.perf_counter()
    words = ["docker", "run", "--rm", *_LOCKED, image, "echo", "hello"]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        said = running.stdout.read(1)
        took = (time.perf_counter() - began) * 1000
    if said != b"h":
        raise AssertionError("Docker's container said nothing.")
    return took
