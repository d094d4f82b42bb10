"""Somebody who starts our processes again when they die, as systemd or Docker would."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Self

from bot.processes.stage import Stage

LOOK_S = 0.1


class Reviver:
    """A context manager; `revived` tells who was started again, in order."""

    def __init__(self, ready: Stage) -> None:
        self._processes = ready.processes
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, name="reviver", daemon=True)
        self.revived: list[str] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(LOOK_S):
            self.revived += self._processes.revive()
