"""One exec in one container: started, fed, listened to, and asked how it ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

from bot.errors import Hiccup
from runners.docker.engine import Engine, Gone, answering
from runners.docker.frames import Frames, Piece
from runners.docker.profile import USER, WORKSPACE
from runners.docker.wire import Wire

TICK_S = 0.1  # how soon a stop or a deadline is noticed when nothing else happens
BUFFER = 512 * 1024
FIRST_LOOK_S, LOOK_EVERY_S = 0.2, 1.0  # asking the engine whether a process that holds its output open lives
LAST_WORDS_S = 0.1  # silence after which the output of an ended process is complete
LAST_WORDS_AT_MOST_S = 1.0

Take = Callable[[Iterable[Piece]], None]


class Quiet(Enum):
    """Why there is nothing more to hear."""

    ENDED = auto()
    LATE = auto()
    CALLED_OFF = auto()


@dataclass(frozen=True)
class Request:
    """What to execute, and the bytes for its stdin (None: it has none)."""

    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    stdin: Iterator[bytes] | None = None


class Execution:
    """A context manager: leaving it closes the connection, which by itself ends nothing in the container."""

    def __init__(self, engine: Engine, container: str, request: Request) -> None:
        self._engine = engine
        self._frames = Frames()
        self._buffer = memoryview(bytearray(BUFFER))
        self._stdin = request.stdin
        self._unsent = memoryview(b"")
        with answering():
            self._id: str = engine.api.exec_create(
                container,
                list(request.argv),
                stdin=request.stdin is not None,
                environment=dict(request.env),
                user=USER,
                workdir=WORKSPACE,
            )["Id"]
            self._wire = Wire(engine.api.exec_start(self._id, socket=True))

    def __enter__(self) -> Execution:
        return self

    def __exit__(self, *_: object) -> None:
        self._wire.close()

    def pump(self, take: Take, *, deadline: float, called_off: Callable[[], bool]) -> Quiet:
        """Feed and listen until it ended, the deadline (monotonic) passed, or somebody called it off."""
        look_at, pause = time.monotonic() + FIRST_LOOK_S, FIRST_LOOK_S
        while True:
            now = time.monotonic()
            if called_off():
                return Quiet.CALLED_OFF
            if now >= deadline:
                return Quiet.LATE
            if now >= look_at:
                # A child left in the background may hold the output open, or write to it, for ever.
                if not self.running():
                    self.listen_on(take)
                    return Quiet.ENDED
                pause = min(LOOK_EVERY_S, pause * 1.5)
                look_at = time.monotonic() + pause
            self._wire.wait(min(TICK_S, deadline - now), to_write=self._stdin is not None)
            if self._hear(take) == 0:
                return Quiet.ENDED
            self._feed()

    def listen_on(self, take: Take) -> None:
        """What an ended process said last and the engine has not passed on yet."""
        until = time.monotonic() + LAST_WORDS_AT_MOST_S
        while time.monotonic() < until:
            self._wire.wait(LAST_WORDS_S, to_write=False)
            if not self._hear(take):
                return

    def running(self) -> bool:
        """Whether its own process lives. False also when the container is gone."""
        try:
            with answering():
                return bool(self._engine.api.exec_inspect(self._id)["Running"])
        except Gone:
            return False

    def code(self, patience_s: float = 5.0) -> int | None:
        """Its exit code; None when the engine does not know, or it does not end."""
        until, pause = time.monotonic() + patience_s, 0.002
        while True:
            try:
                with answering():
                    about = self._engine.api.exec_inspect(self._id)
            except (Gone, Hiccup):
                return None
            if not about["Running"]:
                return None if about["ExitCode"] is None else int(about["ExitCode"])
            if time.monotonic() >= until:
                return None
            time.sleep(pause)
            pause = min(0.1, pause * 2)

    def _hear(self, take: Take) -> int | None:
        got = self._wire.read(self._buffer)
        if got:
            take(self._frames.feed(self._buffer[:got]))
        return got

    def _feed(self) -> None:
        if self._stdin is None:
            return
        if not self._unsent:
            chunk = next(self._stdin, None)
            if chunk is None:
                self._stdin = None
                self._wire.no_more()
                return
            self._unsent = memoryview(chunk)
        went = self._wire.write(self._unsent)
        if went is None:
            self._stdin = None  # it ended, or closed its stdin: its own business
            return
        self._unsent = self._unsent[went:]
