"""The Box port over supervisors: steps in lanes, and a keeper that reads the workspace when none runs."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import IO, Protocol

import structlog

from bot.actions.model import Command
from bot.errors import Hiccup, UserError
from bot.ports import BoxSpec, Changes, Ended, Exit, Gathering, Hear, Stream
from runners.git.snapshots import GitSnapshot
from runners.supervisor import parcels
from runners.supervisor.conversation import Conversation, LateError, LostError
from runners.supervisor.entrusting import entrust
from runners.supervisor.gather import gather
from runners.supervisor.look import look
from runners.supervisor.step import CANNOT_START, perform
from runners.supervisor.together import together

log = structlog.get_logger(__name__)


class Lane(Protocol):
    """A place in which steps run one at a time, alone with what they start."""

    @property
    def talk(self) -> Conversation: ...

    def end(self) -> None:
        """Everything in it is dead when this returns."""
        ...


class Shell(Protocol):
    """What a box is made of. Its keeper runs no step."""

    @property
    def keeper(self) -> Lane: ...

    @property
    def lanes(self) -> Sequence[Lane]: ...

    def remarks(self) -> Iterable[str]: ...

    def new_lane(self, image: str | None, *, private: bool = False) -> Lane:
        """One more, of this image; None: of the box's own. UserError when there is no such image.

        A `private` one has a folder for secrets.
        """
        ...


class SupervisedBox:
    """Whoever made the shell also removes it."""

    def __init__(self, shell: Shell, snapshot: GitSnapshot, spec: BoxSpec) -> None:
        self._shell = shell
        self._snapshot = snapshot
        self._limits = spec.limits
        self._env = spec.env
        self._image = spec.image
        self._secrets = spec.secrets
        self._free = {spec.image: list(shell.lanes)}  # by the image that they were asked for with
        self._busy: set[Lane] = set()
        self._lock = threading.Lock()
        self._asked_to_stop = threading.Event()

    def run(self, command: Command, hear: Hear) -> Exit:
        began = time.monotonic()
        timeout_s = command.timeout_s or self._limits.step_timeout_s
        try:
            with self._lane_for(command) as lane:
                if self._asked_to_stop.is_set():
                    return Exit(Ended.STOPPED, None, time.monotonic() - began)
                env = {
                    **self._env,
                    **entrust(lane.talk, {name: self._secrets[name] for name in command.secrets}),
                }
                return perform(lane.talk, command, hear, env=env, timeout_s=timeout_s)
        except LateError:
            return Exit(Ended.TIMED_OUT, None, time.monotonic() - began)
        except UserError as refusal:
            hear(Stream.ERR, f"{refusal}\n")
            return Exit(Ended.EXITED, CANNOT_START, time.monotonic() - began)
        except (LostError, Hiccup) as lost:
            log.info("step.lost", why=str(lost))
            ended = Ended.STOPPED if self._asked_to_stop.is_set() else Ended.BOX_LOST
            return Exit(ended, None, time.monotonic() - began)

    def changes(self) -> Changes:
        self._end()  # raises when it cannot: a tree that somebody may still write is not read
        found = look(self._shell.keeper.talk, self._snapshot.listing, self._limits)
        return self._snapshot.changes(found, self._limits)

    def gather(self, globs: Sequence[str]) -> Gathering:
        self._end()
        return gather(self._shell.keeper.talk, globs, self._limits)

    def bring(self, parcel: IO[bytes]) -> None:
        parcels.bring(self._shell.keeper.talk, parcel)

    def pack(self, folders: Sequence[str], out: IO[bytes]) -> bool:
        self._end()
        return parcels.pack(self._shell.keeper.talk, folders, out)

    def remarks(self) -> tuple[str, ...]:
        return tuple(self._shell.remarks())

    def stop(self) -> None:
        try:
            self._end()
        except Hiccup as silence:
            # Running commands return all the same; the container goes when the box is left, or is reaped.
            log.warning("box.not_stopped", why=str(silence))

    def _end(self) -> None:
        """No step runs any more, and none begins. A lane without a step has no process but its first one."""
        with self._lock:
            self._asked_to_stop.set()
            busy = list(self._busy)
        together(*(lane.end for lane in busy))

    def _lane_for(self, command: Command) -> AbstractContextManager[Lane]:
        if not command.secrets:
            return self._lane(command.image)
        missing = [name for name in command.secrets if name not in self._secrets]
        if missing:
            raise UserError(f"This box was not given the secret `{missing[0]}`.")
        return self._private_lane(command.image)

    @contextmanager
    def _private_lane(self, image: str | None) -> Iterator[Lane]:
        """One that no other step is ever in: what it was given ends with it."""
        lane = self._shell.new_lane(None if image == self._image else image, private=True)
        with self._lock:
            self._busy.add(lane)
        try:
            yield lane
        finally:
            with suppress(Hiccup):
                lane.end()
            with self._lock:
                self._busy.remove(lane)

    @contextmanager
    def _lane(self, image: str | None) -> Iterator[Lane]:
        """A lane of one's own: steps side by side have a container each, and cannot reach one another."""
        wanted = image or self._image
        with self._lock:
            free = self._free.setdefault(wanted, [])
            lane = free.pop() if free else None
        if lane is None:
            lane = self._shell.new_lane(None if wanted == self._image else wanted)
        with self._lock:
            self._busy.add(lane)
        try:
            yield lane
        except BaseException:
            with suppress(Hiccup):
                lane.end()  # nobody knows what it is doing; whoever asks it next is told that it is lost
            raise
        finally:
            with self._lock:
                self._busy.remove(lane)
                free.append(lane)
