"""Boxes that wait for a run: started, locked down, empty. Each is used once, and another takes its place."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import structlog

from bot.equipment import Equipment
from bot.errors import AgentError
from bot.limits import Limits
from runners.docker.engine import Gone
from runners.docker.names import Claim
from runners.docker.shell import Maker, Shell

log = structlog.get_logger(__name__)

Kind = tuple[str, Limits]  # the digest of an image, and what a box of it may use

PAUSE_S = 0.5  # a run that has just begun goes first
AGAIN_S = 30.0  # after a box could not be started
LOOK_S = 60.0  # between two looks at the health of those that wait
OLD_S = 1800.0  # a box that waited for so long is replaced
WANTED_FOR_S = 900.0  # a kind that nobody asked for during this time is not kept warm any more


class Pool:
    """Safe from any thread. Without a size it starts each box when it is asked for."""

    def __init__(self, maker: Maker, default_image: str, size: int) -> None:
        self._maker = maker
        self._size = size
        self._default_image = default_image
        self._waiting: list[tuple[Kind, Shell]] = []
        self._asked: dict[Kind, float] = {}
        self._changed = threading.Condition()
        self._closed = False
        self._keeping = threading.Thread(target=self._keep, name="warm-boxes", daemon=True)
        if size:
            self._keeping.start()

    def take(self, image: str, limits: Limits, claim: Claim, equipment: Equipment) -> Shell:
        """One of this kind, claimed: a warm one that is well, or else a new one."""
        kind = self._kind(image, limits)
        if equipment.needs_network:  # none waits with one
            return self._maker.shell(*kind, claim, equipment)
        while (shell := self._waiting_one(kind)) is not None:
            if shell.is_well():
                shell.claim(claim)
                return shell
            shell.remove()
        return self._maker.shell(*kind, claim)

    def close(self) -> None:
        with self._changed:
            self._closed = True
            left, self._waiting = self._waiting, []
            self._changed.notify_all()
        for _, shell in left:
            shell.remove()
        if self._size:
            self._keeping.join()

    def _waiting_one(self, kind: Kind) -> Shell | None:
        with self._changed:
            self._asked[kind] = time.monotonic()
            self._changed.notify_all()
            for each in self._waiting:
                if each[0] == kind:
                    self._waiting.remove(each)
                    return each[1]
        return None

    def _keep(self) -> None:
        while True:
            pause_s = self._work()
            with self._changed:
                if self._closed:
                    return
                if pause_s and self._changed.wait(pause_s) and not self._closed:
                    self._changed.wait(PAUSE_S)

    def _work(self) -> float:
        """One thing that is to be done, and how long nothing has to be done after it. Seconds."""
        try:
            usual = self._kind(self._default_image, Limits())
        except (AgentError, Gone):
            return AGAIN_S  # no engine, or no image
        wanted = self._wanted() or [usual]
        for shell in self._unfit(wanted):
            shell.remove()
        kind = self._missing(wanted)
        if kind is None:
            return LOOK_S
        return 0.0 if self._start(kind) else AGAIN_S

    def _start(self, kind: Kind) -> bool:
        try:
            shell = self._maker.shell(*kind, None)
        except (AgentError, Gone) as failure:  # whoever asks for one is told; here it is only tried again
            log.info("pool.not_started", image=kind[0], why=str(failure))
            return False
        with self._changed:
            if not self._closed:
                self._waiting.append((kind, shell))
                return True
        shell.remove()
        return False

    def _wanted(self) -> list[Kind]:
        """The kinds that were asked for lately, the newest first."""
        now = time.monotonic()
        with self._changed:
            self._asked = {kind: at for kind, at in self._asked.items() if now - at < WANTED_FOR_S}
            return sorted(self._asked, key=lambda kind: -self._asked[kind])[: self._size]

    def _missing(self, wanted: list[Kind]) -> Kind | None:
        """The kind of which the next one is started: each that is wanted has its share."""
        with self._changed:
            if self._closed or len(self._waiting) >= self._size:
                return None
            there = Counter(kind for kind, _ in self._waiting)
            return min(wanted, key=lambda kind: there[kind])

    def _unfit(self, wanted: list[Kind]) -> Iterator[Shell]:
        """Those that are old, ill, or not wanted while another kind is; taken out."""
        with self._changed:
            looked = list(self._waiting)
        for each in looked:
            kind, shell = each
            old = time.monotonic() - shell.started_at > OLD_S
            if kind in wanted and not old and not self._is_ill(each):
                continue
            with self._changed:
                if each not in self._waiting:
                    continue  # somebody took it meanwhile
                self._waiting.remove(each)
            yield shell

    def _is_ill(self, each: tuple[Kind, Shell]) -> bool:
        """Asked while nobody else may speak with it."""
        with self._changed:
            if each not in self._waiting:
                return False
            self._waiting.remove(each)
        ill = not each[1].is_well()
        with self._changed:
            if not self._closed:
                self._waiting.append(each)
                return ill
        each[1].remove()
        return False

    def _kind(self, image: str, limits: Limits) -> Kind:
        """What its containers are made with tells boxes apart, and nothing else."""
        return self._maker.pinned(image), replace(
            Limits(),
            memory_mb=limits.memory_mb,
            cpus=limits.cpus,
            pids=limits.pids,
            workspace_mb=limits.workspace_mb,
            tmp_mb=limits.tmp_mb,
        )
