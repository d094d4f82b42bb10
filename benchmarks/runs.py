"""Whole runs: from a webhook's first byte to the check run, the ledger and the page, by their own clocks.

Every run works on a commit that was pushed for it, so hands fetch each time. Between two runs a bare
container prints a line: the floor, in the same company on the same machine.
"""

from __future__ import annotations

import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks import machine
from benchmarks.figures import Figure, Figures, at_most, middle
from benchmarks.payloads import dropped_comment
from benchmarks.posting import PATIENCE_S, connection, post
from benchmarks.raw import RawDocker
from benchmarks.scale import Scale
from bot.journal import Entry, EntryKind
from bot.ledger import Ledger
from bot.processes.demo.story import Story
from bot.processes.stage import Stage, Wanted, stage
from bot.runs import Run, RunState
from bot.settings import HandsSettings, load
from playground.seeds import FEATURE

LOOK_S = 0.005
# Its first line is followed by work, as a test suite's is: nothing is flushed by an early end.
TALKS = "/agent run\n```sh\necho hello; sleep 0.4\n```\n"
WRITES = "/agent run\n\n1. Create a file `notes/{name}.txt` with `written by a run`\n"
MANY = 20
COUNTS = "/agent run\n```sh\n" + "true\n" * MANY + "```\n"


@dataclass(frozen=True)
class Told:
    """One run as it went; times are seconds since 1970."""

    sent: float
    acked: float
    run: Run
    journal: Sequence[Entry]
    in_progress: float
    requests: int  # to GitHub's API before that
    watched: float | None

    def at(self, kind: EntryKind, text: str | None = None) -> float:
        return next(_at(each.at) for each in self.journal if each.kind is kind and text in (None, each.text))


@dataclass
class Reader:
    """Somebody who has the page of a run open: when the first line of output reached them."""

    web_url: str
    line_at: float | None = None
    _thread: threading.Thread | None = None

    def opens(self, run: Run) -> None:
        self._thread = threading.Thread(target=self._read, args=(run,), daemon=True)
        self._thread.start()

    def leaves(self) -> float | None:
        if self._thread is not None:
            self._thread.join(PATIENCE_S)
        return self.line_at

    def _read(self, run: Run) -> None:
        with closing(connection(self.web_url)) as http_:
            http_.request("GET", f"/runs/{run.id}/events?key={run.page_key}")
            answer = http_.getresponse()
            while line := answer.readline():
                if line.startswith(b"event: log"):
                    self.line_at = time.time()
                    return


@dataclass
class Watch:
    """One stage on which runs are asked for, one after another."""

    stage: Stage
    ledger: Ledger
    known: set[str] = field(default_factory=set)

    def asks(self, text: str) -> Told:
        driver = self.stage.driver
        mark = uuid.uuid4().hex
        driver.pushes({f"pushed/{mark}.txt": mark}, branch=FEATURE)
        payload = dropped_comment(self.stage, text, on=1)
        self._until_quiet()
        self.known = {run.id for run in self.ledger.runs.all()}
        sent, acked = post(self.stage, payload, guid=mark)
        reader = Reader(self.stage.web_url)
        reader.opens(_until(self._new_run))
        run = _until(self._ended)
        self._until_quiet()
        return self._told(run, (sent, acked), reader.leaves())

    def _told(self, run: Run, times: tuple[float, float], watched: float | None) -> Told:
        (check,) = [each for each in self.stage.driver.sees_check_runs() if each["external_id"] == run.id]
        in_progress = next(each["at"] for each in check["history"] if each["status"] == "in_progress")
        asked = [
            each
            for each in self.stage.driver.sees_requests()
            if "at" in each and times[0] <= each["at"] <= in_progress
        ]
        return Told(
            sent=times[0],
            acked=times[1],
            run=run,
            journal=self.ledger.journals.read(run.id),
            in_progress=in_progress,
            requests=len(asked),
            watched=watched,
        )

    def _new_run(self) -> Run | None:
        return next((run for run in self.ledger.runs.open() if run.id not in self.known), None)

    def _ended(self) -> Run | None:
        run = next(run for run in self.ledger.runs.all() if run.id not in self.known)
        if run.state.final and run.state is not RunState.SUCCEEDED:
            raise AssertionError(f"Run {run.id} {run.state}: {run.reason}")
        return run if run.state.final else None

    def _until_quiet(self) -> None:
        """All that was told is handled, all that is owed is shown."""
        self.stage.driver.until_hooks_are_idle()
        _until(
            lambda: (
                all(state != "new" for _, state, _ in self.ledger.deliveries.outcomes())
                and all(done for _, done, _ in self.ledger.surfaces.all())
            )
        )


def measure(scale: Scale) -> Figures:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        starts = [machine.python_start_ms() for _ in range(5)]
        with stage(Wanted(folder=Path(folder))) as ready, closing(ready.ledger()) as ledger:
            return _on_stage(Watch(ready, ledger), scale, middle(starts))


def _on_stage(watch: Watch, scale: Scale, python_ms: float) -> Figures:
    demo_s = _demo_s(watch.stage)
    talks, floors, trips = _talks(watch, scale.runs)
    published = [watch.asks(WRITES.format(name=uuid.uuid4().hex)) for _ in range(scale.publishes)]
    (counted, exec_ms) = _counts(watch)
    return {
        **_arrivals(talks, floors, trips),
        **_way(talks),
        "run_step_ms": Figure(_step_ms(counted), "ms", exec_ms, MANY),
        "publish_ms": Figure(middle([_publish_ms(each) for each in published]), "ms", None, len(published)),
        "demo_story_s": Figure(demo_s, "s", None, 1),
        **_processes(watch.stage, python_ms),
    }


def _demo_s(ready: Stage) -> float:
    """The story itself, told into a pad of paper that nobody reads."""
    with Path("/dev/null").open("w") as nowhere:
        began = time.perf_counter()
        if not Story(Console(file=nowhere), ready).tell():
            raise AssertionError("The demo's story did not end well.")
    return round(time.perf_counter() - began, 2)


def _talks(watch: Watch, runs: int) -> tuple[list[Told], list[float], list[float]]:
    talks: list[Told] = []
    floors: list[float] = []
    trips: list[float] = []
    with closing(RawDocker(load(HandsSettings).sandbox_image)) as raw:
        for _ in range(runs):
            talks.append(watch.asks(TALKS))
            floors.append(raw.first_line_ms())
            trips.extend(_round_trips_ms(watch.stage))
    return talks, floors, trips


def _round_trips_ms(ready: Stage) -> list[float]:
    """The cheapest thing that the playground answers an App, over one connection."""
    headers = {"Authorization": f"Bearer {ready.driver.token()}"}
    took = []
    with closing(connection(ready.playground_url)) as http_:
        for _ in range(6):
            began = time.perf_counter()
            http_.request("GET", "/repos/acme/shop", headers=headers)
            answer = http_.getresponse()
            answer.read()
            took.append((time.perf_counter() - began) * 1000)
            if answer.status != 200:
                raise AssertionError(f"The playground answered with {answer.status}.")
    return took[1:]


def _arrivals(talks: list[Told], floors: list[float], trips: list[float]) -> Figures:
    begun = [(each.in_progress - each.sent) * 1000 for each in talks]
    lines = [(each.at(EntryKind.OUT) - each.sent) * 1000 for each in talks]
    watched = [(each.watched - each.sent) * 1000 for each in talks if each.watched is not None]
    acks = [(each.acked - each.sent) * 1000 for each in talks]
    if len(watched) < len(talks):
        raise AssertionError(f"Of {len(talks)} readers {len(watched)} saw the line.")
    asked = round(middle([each.requests for each in talks]) * middle(trips), 3)
    n, raw = len(talks), middle(floors)
    return {
        "webhook_ack_ms_p50": Figure(middle(acks), "ms", None, n),
        "webhook_to_in_progress_ms_p50": Figure(middle(begun), "ms", asked, n),
        "webhook_to_in_progress_ms_p90": Figure(at_most(begun, 0.9), "ms", asked, n),
        "webhook_to_first_line_ms_p50": Figure(middle(lines), "ms", raw, n),
        "webhook_to_first_line_ms_p90": Figure(at_most(lines, 0.9), "ms", raw, n),
        "webhook_to_watched_line_ms_p50": Figure(middle(watched), "ms", raw, n),
    }


def _way(talks: list[Told]) -> Figures:
    """Where the time until the line goes: the same moments, one after the other."""
    stations: list[tuple[str, Callable[[Told], float]]] = [
        ("", lambda told: told.acked),
        ("way_decided_ms", lambda told: told.at(EntryKind.RUN, RunState.QUEUED)),
        ("way_claimed_ms", lambda told: told.at(EntryKind.RUN, RunState.RUNNING)),
        ("way_box_ms", lambda told: _at(told.run.steps[0].started_at)),
        ("way_line_ms", lambda told: told.at(EntryKind.OUT)),
        ("way_watched_ms", lambda told: told.watched or 0.0),
    ]
    found = {}
    for (_, before), (name, after) in pairwise(stations):
        found[name] = Figure(
            middle([(after(each) - before(each)) * 1000 for each in talks]), "ms", None, len(talks)
        )
    return found


def _counts(watch: Watch) -> tuple[Told, float]:
    told = watch.asks(COUNTS)
    with closing(RawDocker(load(HandsSettings).sandbox_image)) as raw, raw.container() as container:
        execs = [raw.exec_ms(container, ("true",)) for _ in range(MANY)]
    return told, middle(execs)


def _step_ms(told: Told) -> float:
    steps = told.run.steps[:MANY]  # a pull request that nothing was left for comes after them
    return round((_at(steps[-1].ended_at) - _at(steps[0].started_at)) * 1000 / len(steps), 3)


def _publish_ms(told: Told) -> float:
    return (_at(told.run.ended_at) - told.at(EntryKind.RUN, RunState.PUBLISHING)) * 1000


def _processes(ready: Stage, python_ms: float) -> Figures:
    found = machine.pids(ready)
    starts = {
        f"{name}_start_ms": Figure(machine.start_ms(ready, name, pid), "ms", python_ms, 1)
        for name, pid in found.items()
    }
    sizes = {f"{name}_rss_mb": Figure(machine.rss_mb(pid), "MB", None, 1) for name, pid in found.items()}
    return {**starts, **sizes}


def _at(moment: datetime | None) -> float:
    if moment is None:
        raise AssertionError("Something that has happened has no time.")
    return moment.timestamp()


def _until(look: Callable[[], Any | None]) -> Any:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(LOOK_S)
    raise TimeoutError(f"Nothing to see after {PATIENCE_S:.0f} s.")
