"""One attack as it goes: the world it is made in, what was put there, and since when it is looked at."""

from __future__ import annotations

import select
import socket
import time
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.processes.stage import MODEL_KEY
from bot.runs import Run, RunState, Step
from tests.attacks import words
from tests.world import World

Json = dict[str, Any]
PROCESSES = ("web", "desk", "hands")
ROLE = "/permission"


@dataclass
class Scene:
    case: str
    world: World
    hostmark: Path
    sink: socket.socket  # listens, and nobody may call
    number: int = 1  # of the issue or pull request where it happens
    run: Run | None = None  # the one that people are asked to approve
    inputs: int = 1  # each of which has to be refused, where one has to be
    seconds: float = 0.0  # that the slowest of them took
    deaf: bool = False  # while GitHub does not tell roles
    statuses: list[int] = field(default_factory=list)
    comments: dict[int, Json] = field(default_factory=dict)
    held: ExitStack = field(default_factory=ExitStack)
    holding: str = ""  # which of our processes stands still

    def __post_init__(self) -> None:
        self.looks_from_here()

    def looks_from_here(self) -> None:
        """What was there before was only made ready for the attack."""
        self.since = datetime.now(UTC)
        self.pulls_before = self.world.pulls()
        self.runs_before = len(self.world.runs())
        self.requests_before = len(self.world.stage.driver.sees_requests())
        self.logs_before = {name: len(self.world.log(name)) for name in PROCESSES}
        self.memory_before = self.memory_mb()

    # --- acts -------------------------------------------------------------------------------------------

    def told(self, body: str | Json) -> str:
        """A text of the corpus, as it is said here."""
        text = words.command(body).replace("{HOSTMARK}", str(self.hostmark))
        text = text.replace("{SINK}", f"http://127.0.0.1:{self.sink.getsockname()[1]}")
        return text if self.run is None else text.replace("run-1", self.run.id)

    def comments_and_waits(self, text: str, *, by: str = "writer-will") -> Json:
        begun = time.monotonic()
        comment = self.world.comments(self.told(text), by=by, on=self.number)
        self.settles()
        self.seconds = max(self.seconds, time.monotonic() - begun)
        return comment

    def holds(self, process: str) -> None:
        """The process stands still until `lets_go`."""
        standing: AbstractContextManager[None] = self.world.paused(process)
        self.held.enter_context(standing)
        self.holding = process

    def lets_go(self) -> None:
        self.holding = ""
        self.held.close()

    def settles(self) -> None:
        """Waits until nothing more will happen: all was heard, every run has ended or waits for people."""
        if self.holding == "desk":
            return
        if self.deaf:
            self.world.until(lambda: self.unanswered() >= 2)
            return
        if self.holding == "hands":
            self.world.is_heard()
            return
        self.world.is_quiet()
        self.world.until(lambda: all(run.state.final or run.state is RunState.PARKED for run in self.runs()))
        self.world.is_quiet()

    def is_over(self) -> None:
        """GitHub tells all again, and whatever waited for that is done before the next attack."""
        self.deaf = False
        self.settles()

    # --- what is there ----------------------------------------------------------------------------------

    def runs(self) -> list[Run]:
        return self.world.runs()

    def the_run(self) -> Run:
        """The run that is asked about: the newest."""
        return self.world.runs()[-1]

    def begun(self) -> list[Step]:
        """The steps that were carried out since."""
        steps = [step for run in self.runs() for step in run.steps]
        return [step for step in steps if step.started_at is not None and step.started_at > self.since]

    def requests(self) -> list[Json]:
        """What was asked of GitHub about this repository since."""
        asked = self.world.stage.driver.sees_requests()[self.requests_before :]
        return [each for each in asked if self.world.repo in each["path"]]

    def unanswered(self) -> int:
        return sum(each["status"] == 502 and each["path"].endswith(ROLE) for each in self.requests())

    def log(self, process: str) -> str:
        return self.world.log(process)[self.logs_before[process] :]

    def called(self) -> bool:
        """Whether somebody called the sink."""
        return bool(select.select([self.sink], [], [], 0)[0])

    def memory_mb(self) -> float:
        """What the desk holds."""
        pid = self.world.stage.processes.pid("desk")
        status = Path(f"/proc/{pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024

    def has_asked_its_model(self) -> None:
        """Once, so that what is loaded for the first question is not taken for what an answer costs."""
        self.comments_and_waits("/agent ask What is sold here?")
        self.memory_before = self.memory_mb()

    def canaries(self) -> tuple[str, ...]:
        """What nobody may ever read; the last one begins every token of an installation."""
        return (MODEL_KEY, self.world.stage.webhook_secret, "ghs_")
