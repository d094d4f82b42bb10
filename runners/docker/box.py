"""The Box port over two containers: one in which steps run, one that keeps and reads the workspace."""

from __future__ import annotations

import structlog

from bot.actions.model import Command
from bot.errors import Hiccup
from bot.limits import Limits
from bot.ports import Changes, Exit, Hear
from runners.docker.engine import Engine
from runners.docker.look import look
from runners.docker.step import Container, perform
from runners.git.snapshots import GitSnapshot

log = structlog.get_logger(__name__)


class DockerBox:
    """Made by DockerBoxes.open, which also removes what belongs to it."""

    def __init__(
        self, engine: Engine, name: str, *, keeper: str, snapshot: GitSnapshot, limits: Limits
    ) -> None:
        self._container = Container(engine, name)
        self._engine = engine
        self._keeper = keeper
        self._snapshot = snapshot
        self._limits = limits

    def run(self, command: Command, hear: Hear) -> Exit:
        timeout_s = command.timeout_s or self._limits.step_timeout_s
        return perform(self._container, command, hear, timeout_s=timeout_s)

    def changes(self) -> Changes:
        self._container.asked_to_stop.set()
        self._container.end()  # raises when it cannot: a tree that somebody may still write is not read
        found = look(self._engine, self._keeper, self._snapshot.listing, self._limits)
        return self._snapshot.changes(found, self._limits)

    def stop(self) -> None:
        self._container.asked_to_stop.set()
        try:
            self._container.end()
        except Hiccup as silence:
            # Running commands return all the same; the container goes when the box is left, or is reaped.
            log.warning("box.not_stopped", container=self._container.name, why=str(silence))
