"""Dying and stopping: from kill -9 of hands to a true check run, from a comment to a dead process."""

from __future__ import annotations

import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.figures import Figure, Figures, at_most, middle
from benchmarks.payloads import dropped_comment
from benchmarks.posting import post
from benchmarks.scale import Scale
from bot.ledger import Ledger
from bot.processes.stage import Stage, Wanted, stage
from bot.reports import refusals
from bot.runs import Run, RunState

T = TypeVar("T")
PATIENCE_S = 90.0
LOOK_S = 0.005


def measure(scale: Scale) -> Figures:
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        stage(Wanted(folder=Path(folder))) as ready,
        closing(ready.ledger()) as ledger,
    ):
        watch = Watch(ready, ledger)
        cancels = [watch.cancels() for _ in range(scale.cancels)]
        takeovers = [watch.loses_hands(number / scale.kills) for number in range(scale.kills)]
    return {
        "takeover_s_median": Figure(middle(takeovers), "s", None, len(takeovers)),
        "takeover_s_max": Figure(round(max(takeovers), 3), "s", None, len(takeovers)),
        "cancel_s_p95": Figure(at_most(cancels, 0.95), "s", None, len(cancels)),
    }


@dataclass
class Watch:
    """One stage on which a run at a time sleeps until it is ended."""

    stage: Stage
    ledger: Ledger

    def cancels(self) -> float:
        """Seconds from the moment at which the comment was accepted until the step's process is dead."""
        run, sleeping = self._sleeps()
        wish = dropped_comment(self.stage, "/agent cancel", on=1)
        _, accepted = post(self.stage, wish, guid=uuid.uuid4().hex)
        _until(lambda: not _lives(sleeping))
        dead = time.time()
        self._ended(run)
        return dead - accepted

    def loses_hands(self, share: float) -> float:
        """Seconds from SIGKILL until the check run says what became of it; `share` of a renewal later."""
        run, _ = self._sleeps()
        time.sleep(2 * share)
        killed = time.time()
        self.stage.processes.kill_one("hands")
        self.stage.processes.start_one("hands")
        shown = _until(lambda: self._shown(run, killed))
        self.stage.driver.comments(f"/agent cancel {run.id}")  # else it would sleep on in the next hands
        self._ended(run)
        return shown - killed

    def _sleeps(self) -> tuple[Run, int]:
        """A run whose step sleeps, and the pid of that sleep as the machine counts."""
        mark = f"{3600 + uuid.uuid4().int % 10**9 / 10**9:.9f}"
        known = {run.id for run in self.ledger.runs.all()}
        self.stage.driver.comments(f"/agent run `sleep {mark}`")
        run = _until(lambda: next((run for run in self.ledger.runs.open() if run.id not in known), None))
        return run, _until(lambda: next(_pids(f"sleep\0{mark}\0".encode()), None))

    def _shown(self, run: Run, since: float) -> float | None:
        """When the check run was first told, after that moment, how the run ended or that it begins again."""
        (check,) = [each for each in self.stage.driver.sees_check_runs() if each["external_id"] == run.id]
        told = [each for each in check["history"] if each["at"] > since]
        return next((each["at"] for each in told if _says_what_became(each)), None)

    def _ended(self, run: Run) -> None:
        state = _until(lambda: self._state(run))
        if state is not RunState.CANCELLED:
            raise AssertionError(f"Run {run.id} {state}.")

    def _state(self, run: Run) -> RunState | None:
        found = self.ledger.runs.get(run.id)
        return found.state if found is not None and found.state.final else None


def _says_what_became(told: Mapping[str, Any]) -> bool:
    return told["status"] == "completed" or refusals.began_again() in told["summary"]


def _pids(command_line: bytes) -> Iterator[int]:
    """The machine's processes with exactly these words; a box's processes are among them."""
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if (place / "cmdline").read_bytes() == command_line:
                yield int(place.name)
        except OSError:
            continue  # it ended meanwhile


def _lives(pid: int) -> bool:
    """Not gone, and not only waiting for its parent to take notice."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in {"Z", "X"}
    except OSError:
        return False


def _until(look: Callable[[], T | None]) -> T:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(LOOK_S)
    raise TimeoutError(f"Nothing to see after {PATIENCE_S:.0f} s.")
