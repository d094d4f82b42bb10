"""The three processes in one terminal: started together, started again when they die, ended together."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, MappingProxyType
from typing import IO

from pydantic_settings import BaseSettings

from bot.settings import PREFIX, DeskSettings, HandsSettings, WebSettings

GRACE_S = 25.0
LONGEST_WAIT_S = 10.0
HOPELESS = 2  # exit status for a wrong setting: starting again would not help
_PR_SET_PDEATHSIG = 1
NOTHING: Mapping[str, str] = MappingProxyType({})

PROCESSES: Mapping[str, type[BaseSettings]] = {
    "web": WebSettings,
    "desk": DeskSettings,
    "hands": HandsSettings,
}


def own_environment(name: str, environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of one process: of our variables only those that it may know."""
    own = {f"{PREFIX}{field}".upper() for field in PROCESSES[kind(name)].model_fields}
    return {key: value for key, value in environment.items() if not key.startswith(PREFIX) or key in own}


def command(name: str) -> list[str]:
    return [sys.executable, "-m", "bot", kind(name)]


def kind(name: str) -> str:
    """Which process it is: `hands-2` is a second one of `hands`."""
    return name.partition("-")[0]


@dataclass
class _Child:
    name: str
    process: subprocess.Popen[bytes]
    started: float
    failures: int = 0
    again_at: float | None = None


Command = Callable[[str], Sequence[str]]


@dataclass
class Supervisor:
    """Keeps the named processes alive until `stop`."""

    environment: Mapping[str, str]
    names: Sequence[str] = tuple(PROCESSES)
    logs: Path | None = None  # a folder for one log file each; None is our own standard error
    command: Command = command  # what is started for a name
    _children: list[_Child] = field(default_factory=list)
    _stopping: bool = False

    def start(self) -> None:
        for name in self.names:
            self._children.append(_Child(name, self._spawn(name), time.monotonic()))

    def watch(self) -> int:
        """Until `stop` is called from a signal handler; returns the exit status for all of us."""
        status = 0
        while not self._stopping:
            time.sleep(0.2)
            for child in self._children:
                status = status or self._look_after(child)
        self.end()
        return status

    def stop(self) -> None:
        self._stopping = True

    def end(self) -> None:
        """SIGTERM to all, then SIGKILL to those that do not hear."""
        for child in self._children:
            if child.process.poll() is None:
                child.process.terminate()
        deadline = time.monotonic() + GRACE_S
        for child in self._children:
            try:
                child.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()

    def alive(self) -> bool:
        return all(child.process.poll() is None for child in self._children)

    def pid(self, name: str) -> int:
        return self._child(name).process.pid

    def end_one(self, name: str) -> None:
        """SIGTERM to one of them; `watch` would start it again."""
        child = self._child(name)
        child.process.terminate()
        child.process.wait(GRACE_S)

    def kill_one(self, name: str) -> None:
        """SIGKILL to one of them: it ends without a last word."""
        child = self._child(name)
        child.process.kill()
        child.process.wait()

    def start_one(self, name: str, more: Mapping[str, str] = NOTHING) -> None:
        """Start it again when it was ended by `end_one` or `kill_one`, this time with `more` variables."""
        child = self._child(name)
        child.process, child.started = self._spawn(name, more), time.monotonic()

    def revive(self) -> list[str]:
        """Start again, at once, those that have died; their names."""
        dead = [child.name for child in self._children if child.process.poll() is not None]
        for name in dead:
            self.start_one(name)
        return dead

    def _child(self, name: str) -> _Child:
        return next(child for child in self._children if child.name == name)

    def _look_after(self, child: _Child) -> int:
        now = time.monotonic()
        if child.again_at is not None:
            if now >= child.again_at:
                child.process, child.started, child.again_at = self._spawn(child.name), now, None
            return 0
        code = child.process.poll()
        if code is None or self._stopping:
            return 0
        if code == HOPELESS:
            self._stopping = True
            return code
        child.failures = 0 if now - child.started > 60 else child.failures + 1
        wait_s = min(2.0**child.failures, LONGEST_WAIT_S)
        print(f"{child.name} ended ({code}); it is started again in {wait_s:.0f} s.", file=sys.stderr)
        child.again_at = now + wait_s
        return 0

    def _spawn(self, name: str, more: Mapping[str, str] = NOTHING) -> subprocess.Popen[bytes]:
        environment = {**own_environment(name, self.environment), **more}
        if self.logs is None:
            return spawn(self.command(name), environment)
        with (self.logs / f"{name}.log").open("ab") as log:
            return spawn(self.command(name), environment, output=log)


def spawn(
    argv: Sequence[str], environment: Mapping[str, str], *, output: IO[bytes] | None = None
) -> subprocess.Popen[bytes]:
    """A child that ends when we do, however we end."""
    return subprocess.Popen(
        argv,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=None if output is None else subprocess.STDOUT,
        preexec_fn=_die_with_parent,  # noqa: PLW1509 - one prctl, found before the fork
    )


_PRCTL = ctypes.CDLL(None).prctl


def _die_with_parent() -> None:
    _PRCTL(_PR_SET_PDEATHSIG, signal.SIGTERM)


def main() -> int:
    """`devops-agent all`."""
    supervisor = Supervisor(dict(os.environ))

    def stop(_signal: int, _frame: FrameType | None) -> None:
        supervisor.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    supervisor.start()
    return supervisor.watch()
