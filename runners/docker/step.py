"""One command of a run, from its start to a true Exit."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator

import structlog

from bot.actions.model import Command
from bot.errors import Hiccup, UserError
from bot.ports import Ended, Exit, Hear, Stream
from runners.docker.engine import Engine, Gone
from runners.docker.execution import Execution, Quiet, Request
from runners.docker.frames import Piece, Text
from runners.docker.inside import CANNOT_START, Mark, begin, end, new_mark, objection

log = structlog.get_logger(__name__)

END_GRACE_S = 3.0  # for ending one step's tree before the whole box is ended
NEWS_S = 0.5  # how late the engine may know of an out-of-memory kill, or that the container has died
KILLED = 137
CHUNK = 64 * 1024


class Container:
    """The container that steps run in, and whether somebody asked for its end."""

    def __init__(self, engine: Engine, name: str) -> None:
        self.engine = engine
        self.name = name
        self.asked_to_stop = threading.Event()
        self._count = threading.Lock()
        self._running = 0

    def end(self) -> None:
        """Everything in it is dead when this returns."""
        self.engine.kill(self.name)

    def enter(self) -> None:
        with self._count:
            self._running += 1

    def leave(self) -> None:
        with self._count:
            self._running -= 1

    def alone(self) -> bool:
        """Whether one step is running, and no other."""
        return self._running == 1


def perform(container: Container, command: Command, hear: Hear, *, timeout_s: int) -> Exit:
    """Run a command in the container. Every way in which it can end is an Exit."""
    step = _Step(container, hear)
    reason = objection(command)
    if reason is not None:
        hear(Stream.ERR, reason + "\n")
        return step.exit(Ended.EXITED, CANNOT_START)
    if container.asked_to_stop.is_set():
        return step.exit(Ended.STOPPED)
    container.enter()
    try:
        return step.run(command, timeout_s)
    except (Gone, Hiccup, UserError) as lost:
        log.info("step.lost", container=container.name, why=str(lost))
        return step.lost()
    finally:
        container.leave()


class _Step:
    def __init__(self, container: Container, hear: Hear) -> None:
        self._container = container
        self._engine = container.engine
        self._text = Text(hear)
        self._began = time.monotonic()
        self._began_at = time.time()

    def run(self, command: Command, timeout_s: int) -> Exit:
        mark = new_mark()
        request = Request(
            begin(command, mark), command.env, _chunks(command.stdin) if command.stdin else None
        )
        with Execution(self._engine, self._container.name, request) as execution:
            quiet = self._listen(execution, deadline=self._began + timeout_s)
            if quiet is Quiet.ENDED and self._outlives(execution, self._began + timeout_s):
                quiet = Quiet.LATE
            if quiet is Quiet.CALLED_OFF:
                return self.exit(Ended.STOPPED)
            if quiet is Quiet.LATE:
                self._end_tree(execution, mark)
                execution.listen_on(self._text.take)
                self._text.finish()
                return self.exit(Ended.TIMED_OUT)
            self._text.finish()
            return self._judge(execution.code())

    def lost(self) -> Exit:
        """The container or the engine is gone: find out what is still known about it."""
        if self._container.asked_to_stop.is_set():
            return self.exit(Ended.STOPPED)
        try:
            out_of_memory = bool(self._engine.state(self._container.name)["OOMKilled"])
        except (Gone, Hiccup):
            out_of_memory = False
        return self.exit(Ended.OUT_OF_MEMORY if out_of_memory else Ended.BOX_LOST)

    def exit(self, ended: Ended, code: int | None = None) -> Exit:
        return Exit(ended, code, time.monotonic() - self._began)

    def _listen(self, execution: Execution, deadline: float) -> Quiet:
        stopped = self._container.asked_to_stop.is_set
        return execution.pump(self._text.take, deadline=deadline, called_off=stopped)

    def _outlives(self, execution: Execution, deadline: float) -> bool:
        """A program may close its output and go on: it has its time like any other."""
        pause = 0.002
        while execution.running():
            if self._container.asked_to_stop.wait(pause):
                return False
            if time.monotonic() >= deadline:
                return True
            pause = min(0.25, pause * 2)
        return False

    def _judge(self, code: int | None) -> Exit:
        if code == 0:
            return self.exit(Ended.EXITED, 0)
        if code is None or self._container.asked_to_stop.is_set():
            return self.lost()
        # All steps share the box's memory: only a killed step, or the only one, is sure to be the one.
        suspect = code == KILLED or self._container.alone()
        until = time.monotonic() + (NEWS_S if code == KILLED else 0)
        while True:
            if suspect and self._memory_ran_out():
                return self.exit(Ended.OUT_OF_MEMORY)
            if code == KILLED and not self._engine.state(self._container.name)["Running"]:
                return self.lost()
            if time.monotonic() >= until:
                return self.exit(Ended.EXITED, code)
            time.sleep(0.05)

    def _memory_ran_out(self) -> bool:
        return self._engine.ran_out_of_memory(self._container.name, self._began_at, time.time())

    def _end_tree(self, execution: Execution, mark: Mark) -> None:
        if not self._tree_ended(execution, mark):
            log.warning("step.tree_resists", container=self._container.name)
            self._container.end()

    def _tree_ended(self, execution: Execution, mark: Mark) -> bool:
        until = time.monotonic() + END_GRACE_S
        try:
            with Execution(self._engine, self._container.name, Request(end(mark))) as ender:
                ender.pump(_ignore, deadline=until, called_off=lambda: False)
                return ender.code(patience_s=0.5) == 0 and execution.code(patience_s=0.5) is not None
        except (Gone, Hiccup):
            return False


def _chunks(content: bytes) -> Iterator[bytes]:
    for at in range(0, len(content), CHUNK):
        yield content[at : at + CHUNK]


def _ignore(pieces: Iterable[Piece]) -> None:
    for _ in pieces:
        pass
