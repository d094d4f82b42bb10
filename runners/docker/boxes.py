"""The Boxes port over Docker: a box is opened, filled, lent out, and removed to the last trace."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Set
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace

import structlog

from bot.errors import Hiccup
from bot.ids import RunId
from bot.ports import BoxSpec, Snapshot
from runners.docker import profile
from runners.docker.box import DockerBox
from runners.docker.engine import Engine, Gone, Labels
from runners.docker.filling import fill
from runners.docker.restoring import restore
from runners.git.snapshots import GitSnapshot

log = structlog.get_logger(__name__)

INSTANCE = "io.devops-agent.instance"
RUN = "io.devops-agent.run"
EPOCH = "io.devops-agent.epoch"
ROLE = "io.devops-agent.role"
REMOVAL_PAUSES_S = (0.2, 1.0, 3.0)


class DockerBoxes:
    """Boxes on this machine's engine. `instance` tells our containers from another installation's."""

    def __init__(self, instance: str, default_image: str) -> None:
        self._engine = Engine()
        self._instance = instance
        self._default_image = default_image

    @contextmanager
    def open(self, spec: BoxSpec, snapshot: Snapshot) -> Iterator[DockerBox]:
        if not isinstance(snapshot, GitSnapshot):
            raise TypeError("A Docker box is filled from a GitSnapshot.")
        image = self._engine.pinned(spec.image)
        trusted = self._engine.pinned(self._default_image)
        limits = replace(spec.limits, cpus=min(spec.limits.cpus, self._engine.cpus))
        names = _Names.new(spec.run)
        try:
            self._start(replace(spec, image=image, limits=limits), names, trusted)
            with snapshot.archive() as archive:
                fill(self._engine, names.box, archive, limits)
            if spec.tree is not None and spec.tree.files:
                restore(self._engine, names.box, spec.tree, limits)
            yield DockerBox(self._engine, names.box, keeper=names.keeper, snapshot=snapshot, limits=limits)
        finally:
            self._remove(names)

    def reap(self, held: Callable[[], Set[tuple[RunId, int]]]) -> None:
        """Remove what this instance left behind: all boxes but those of runs that are held in that epoch.

        `held` is asked after we have looked: a box that we saw was claimed before it was made.
        """
        label = f"{INSTANCE}={self._instance}"
        containers, volumes = self._engine.containers(label), self._engine.volumes(label)
        keep = held()
        for container, labels in containers:
            if _claim(labels) not in keep:
                log.info("box.reaped", container=container[:12], run=labels.get(RUN))
                self._remove_container(container)
        for volume, labels in volumes:
            if _claim(labels) not in keep:
                self._remove_volume(volume)

    def _start(self, spec: BoxSpec, names: _Names, trusted: str) -> None:
        limits = spec.limits
        labels = {INSTANCE: self._instance, RUN: str(spec.run), EPOCH: str(spec.epoch)}
        self._engine.create_volume(names.volume, profile.workspace_options(limits), labels)
        box = profile.box(spec.image, names.volume, limits, env=spec.env, labels={**labels, ROLE: "box"})
        keeper = profile.keeper(trusted, names.volume, limits, labels={**labels, ROLE: "keeper"})
        # From here on a container that no step can reach holds the workspace: a box that dies loses nothing.
        _together(
            lambda: self._engine.start(names.box, box),
            lambda: self._engine.start(names.keeper, keeper),
        )

    def _remove(self, names: _Names) -> None:
        _together(
            lambda: self._remove_container(names.box),
            lambda: self._remove_container(names.keeper),
        )
        self._remove_volume(names.volume)

    def _remove_volume(self, name: str) -> None:
        self._surely(lambda: self._engine.remove_volume(name), name)

    def _remove_container(self, name: str) -> None:
        self._surely(lambda: self._engine.remove_container(name), name)

    def _surely(self, remove: Callable[[], None], name: str) -> None:
        """Removal that fails is tried again, then left to the next reap: it does not undo a run's end."""
        for pause_s in (*REMOVAL_PAUSES_S, None):
            try:
                remove()
            except (Hiccup, Gone) as failure:
                if pause_s is None:
                    log.warning("box.left_behind", name=name, why=str(failure))
                    return
                time.sleep(pause_s)
            else:
                return


def _claim(labels: Labels) -> tuple[RunId, int]:
    epoch = labels.get(EPOCH, "")
    return RunId(labels.get(RUN, "")), int(epoch) if epoch.isdecimal() else 0


@dataclass(frozen=True)
class _Names:
    box: str
    keeper: str
    volume: str

    @classmethod
    def new(cls, run: RunId) -> _Names:
        stem = f"devops-agent-{run}-{secrets.token_hex(4)}"
        return cls(f"{stem}-box", f"{stem}-keeper", f"{stem}-workspace")


def _together(one: Callable[[], None], other: Callable[[], None]) -> None:
    """Two things at once. Both have ended when it returns; the first failure is raised."""
    with ThreadPoolExecutor(2, "box") as pool:
        futures = (pool.submit(one), pool.submit(other))
    for future in futures:
        future.result()
