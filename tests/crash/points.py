"""Crash points: a name for each boundary that a process passes, and at one of them SIGKILL, once."""

from __future__ import annotations

import json
import os
import signal
import threading
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

MYSELF, CHILD = "myself", "child"


@dataclass(frozen=True)
class Crash:
    """Die at the `nth` time that this point is passed from now on. `victim` is the process, or its child."""

    point: str
    nth: int = 1
    victim: str = MYSELF


@dataclass(frozen=True)
class Orders:
    """The folder over which a sweep and the processes speak: what was passed, and who is to die where."""

    folder: Path

    def passed(self, process: str) -> list[str]:
        """Every point that the process has passed, in order, those of its predecessors too."""
        found = self._log(process)
        return found.read_text().splitlines() if found.exists() else []

    def forget(self) -> None:
        for log in self.folder.glob("*.passed"):
            log.unlink()

    def arm(self, process: str, crash: Crash) -> None:
        draft = self.folder / f".{process}"
        draft.write_text(json.dumps(asdict(crash)))
        draft.replace(self._order(process))

    def disarm(self, process: str) -> bool:
        """Whether nobody died: the order is still there."""
        try:
            self._order(process).unlink()
        except FileNotFoundError:
            return False
        return True

    def write_down(self, process: str, point: str) -> None:
        out = os.open(self._log(process), os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(out, f"{point}\n".encode())
        os.close(out)

    def order(self, process: str) -> Crash | None:
        try:
            return Crash(**json.loads(self._order(process).read_text()))
        except FileNotFoundError:
            return None

    def take(self, process: str) -> bool:
        """Whether the order is ours to carry out; the next of this name must not die of it again."""
        try:
            self._order(process).rename(self.folder / f"{process}.done")
        except FileNotFoundError:
            return False
        return True

    def _order(self, process: str) -> Path:
        return self.folder / f"{process}.crash"

    def _log(self, process: str) -> Path:
        return self.folder / f"{process}.passed"


class Points:
    """Inside the process: `reach` is called behind each boundary, from any thread."""

    def __init__(self, process: str, orders: Orders) -> None:
        self._process = process
        self._orders = orders
        self._lock = threading.Lock()
        self._times: dict[Crash, int] = {}

    def reach(self, point: str, *, child: int | None = None) -> None:
        """`child` is a process of ours that has just begun; a session of its own."""
        self._orders.write_down(self._process, point)
        crash = self._orders.order(self._process)
        if crash is None or crash.point != point:
            return
        with self._lock:
            self._times[crash] = self._times.get(crash, 0) + 1
            due = self._times[crash] == crash.nth
        if due and self._orders.take(self._process):
            self._kill(crash, child)

    def _kill(self, crash: Crash, child: int | None) -> None:
        if crash.victim == CHILD and child is not None:
            with suppress(ProcessLookupError):
                os.killpg(child, signal.SIGKILL)
            self._times.clear()
            return
        os.kill(os.getpid(), signal.SIGKILL)
