"""The Boxes port over Docker: a box is taken from the warm ones or started, filled, lent out, and removed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Set
from contextlib import ExitStack, contextmanager, suppress

import structlog

from bot.errors import Hiccup
from bot.ports import BoxSpec, Snapshot
from runners.docker.engine import Engine, Gone
from runners.docker.gate import Outside
from runners.docker.mounting import CannotMountError, Workspace
from runners.docker.names import INSTANCE, Claim, claim_of
from runners.docker.pool import Pool
from runners.docker.shell import Maker, Shell
from runners.git.snapshots import GitSnapshot
from runners.supervisor.box import SupervisedBox
from runners.supervisor.filling import check_size, fill, restore

log = structlog.get_logger(__name__)

UNCLAIMED_S = 120.0  # what is nobody's and does not run for so long was left behind


class DockerBoxes:
    """Boxes on this machine's engine. `instance` tells our containers from another installation's.

    As many as `warm` wait started for the next run; `close` ends those. `mounts` lets workspaces be mounted
    where that can be done; else they are copied, as always with a `runtime` that is not the engine's own.
    """

    def __init__(
        self,
        instance: str,
        default_image: str,
        *,
        warm: int = 0,
        mounts: bool = True,
        outside: Outside = Outside(),  # noqa: B008 - frozen
        runtime: str = "",
    ) -> None:
        self._engine = Engine()
        self._instance = instance
        self._may_mount = mounts and not runtime and os.geteuid() == 0
        self._pool = Pool(Maker(self._engine, instance, default_image, outside, runtime), default_image, warm)

    @contextmanager
    def open(self, spec: BoxSpec, snapshot: Snapshot) -> Iterator[SupervisedBox]:
        if not isinstance(snapshot, GitSnapshot):
            raise TypeError("A Docker box is filled from a GitSnapshot.")
        with ExitStack() as stack:
            shell = self._mounted(spec, snapshot, stack) or self._copied(spec, snapshot, stack)
            if spec.tree is not None and spec.tree.files:
                restore(shell.keeper.talk, spec.tree, spec.limits)
            yield SupervisedBox(shell, snapshot, spec)

    def _mounted(self, spec: BoxSpec, snapshot: GitSnapshot, stack: ExitStack) -> Shell | None:
        """A box in which the commit is there by a mount; None where hands are not root beside the engine."""
        if not self._may_mount or self._engine.first_uid:
            return None  # or it would be nobody's in a box
        check_size(snapshot.size(), spec.limits)
        try:
            workspace = Workspace(stack.enter_context(snapshot.tree()), spec.limits)
            stack.callback(workspace.close)
            shell = self._taken(spec, stack)
            shell.mount(workspace)
        except CannotMountError as refusal:
            log.info("box.not_mounted", why=str(refusal))
            self._may_mount = False
            return None
        return shell

    def _copied(self, spec: BoxSpec, snapshot: GitSnapshot, stack: ExitStack) -> Shell:
        shell = self._taken(spec, stack)
        with snapshot.archive() as archive:
            fill(shell.keeper.talk, archive, spec.limits)
        return shell

    def _taken(self, spec: BoxSpec, stack: ExitStack) -> Shell:
        shell = self._pool.take(spec.image, spec.limits, (spec.run, spec.epoch), spec.equipment)
        stack.callback(shell.remove)
        return shell

    def pinned(self, image: str) -> str:
        return self._engine.pinned(image)

    def answers(self) -> bool:
        """Whether there is an engine."""
        try:
            return self._engine.cpus > 0
        except Hiccup:
            return False

    def close(self) -> None:
        """The boxes that wait for a run are removed, and no more are started."""
        self._pool.close()

    def reap(self, held: Callable[[], Set[Claim]]) -> None:
        """Remove what this instance left behind: all boxes but those of runs that are held in that epoch.

        `held` is asked after we have looked: a box that we saw was claimed before it was made.
        """
        label = f"{INSTANCE}={self._instance}"
        containers, networks = self._engine.containers(label), self._engine.networks(label)
        keep, old = held(), time.time() - UNCLAIMED_S

        def is_left(name: str, *, in_use: bool) -> bool:
            claim = claim_of(name)
            return claim not in keep if claim else not in_use

        for container in containers:
            if is_left(container.name, in_use=container.running or container.created > old):
                log.info("box.reaped", container=container.name)
                with suppress(Gone):  # somebody else removes it
                    self._engine.remove_container(container.id)
        for network in networks:
            if is_left(network.name, in_use=network.created > old):
                log.info("box.reaped", network=network.name)
                with suppress(Gone):
                    self._engine.remove_network(network.id)
