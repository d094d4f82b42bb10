"""A box before it is anybody's: its containers started, its workspace empty."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from itertools import count
from typing import Any

import structlog

from bot.errors import AgentError, Hiccup, UserError
from bot.limits import Limits
from runners.docker import profile
from runners.docker.engine import Engine, Gone, Labels
from runners.docker.mounting import CannotMountError, Workspace
from runners.docker.names import INSTANCE, ROLE, Claim, Names
from runners.docker.tools import Tools
from runners.supervisor.conversation import Conversation, LostError
from runners.supervisor.protocol import VERSION
from runners.supervisor.together import together

log = structlog.get_logger(__name__)

GREETING_S = 30.0  # for the first word of a container on a busy machine
WELL_S = 1.0
REMOVAL_PAUSES_S = (0.2, 1.0, 3.0)


class Lane:
    """One container in which steps run one at a time, or the keeper."""

    def __init__(self, engine: Engine, container: str, pid: int, talk: Conversation) -> None:
        self.container = container  # its id
        self.pid = pid  # of its first process, as the engine's machine counts
        self.talk = talk
        self._engine = engine

    def end(self) -> None:
        """Everything in it is dead when this returns."""
        self._engine.kill(self.container)

    def sees(self, workspace: Workspace) -> None:
        """From now on that is its workspace. CannotMountError when it cannot be."""
        workspace.show(self.pid, self.container)


class Maker:
    """How the containers of this installation's boxes are started and removed."""

    def __init__(self, engine: Engine, instance: str, default_image: str) -> None:
        self.engine = engine
        self.labels: Labels = {INSTANCE: instance}
        self.tools = Tools(engine, default_image)
        self._default_image = default_image

    def pinned(self, image: str) -> str:
        """The digest that the image's name means now. UserError when it is not here."""
        return self.engine.pinned(image)

    def shell(self, image: str, limits: Limits, claim: Claim | None) -> Shell:
        """`image` is a digest. UserError when it cannot be a box."""
        bounded = replace(limits, cpus=min(limits.cpus, self.engine.cpus))
        shell = Shell(self, image, bounded, Names.new(claim))
        try:
            shell.start(self.engine.pinned(self._default_image))
        except BaseException as failure:
            shell.remove()
            if isinstance(failure, Gone):
                raise Hiccup("A box went away while it was started.") from failure
            raise
        return shell


class Shell:
    """Its keeper, its first lane, and as many more as steps go side by side."""

    keeper: Lane
    _workspace: Workspace | None = None  # one that is mounted; else that of its volume

    def __init__(self, maker: Maker, image: str, limits: Limits, names: Names) -> None:
        self._limits = limits
        self.lanes: list[Lane] = []
        self.started_at = time.monotonic()
        self._engine = maker.engine
        self._tools = maker.tools
        self._labels = maker.labels
        self._image = image
        self._names = names
        self._numbers = count(1)
        self._containers: list[str] = []  # by id, also those that never came up
        self._talks: list[Conversation] = []
        self._naming: threading.Thread | None = None

    def start(self, trusted: str) -> None:
        """`trusted` is the image of the keeper, which reads what steps leave."""
        # What steps write is held by a container that they cannot reach: a lane that dies loses nothing.
        settings = profile.keeper(
            trusted, self._limits, tools=self._tools.mount(), labels={**self._labels, ROLE: "keeper"}
        )
        keeper = self._create(self._names.keeper, settings)
        lane = self._new_container(keeper)
        together(lambda: self._hold(keeper), lambda: self.lanes.append(self._started(lane)))

    def new_lane(self, image: str | None) -> Lane:
        """For a step beside those that run, or of another image. Hiccup when the box is going away."""
        pinned = None if image is None else self._engine.pinned(image)
        try:
            lane = self._started(self._new_container(self.keeper.container, pinned))
        except Gone as gone:
            raise Hiccup("The box went away.") from gone
        if self._workspace is not None:
            try:
                lane.sees(self._workspace)
            except CannotMountError as refusal:
                raise Hiccup(f"A workspace could not be mounted: {refusal}") from refusal
        self.lanes.append(lane)
        return lane

    def mount(self, workspace: Workspace) -> None:
        """Let all of its containers work on that. After CannotMountError it is a box for nobody."""
        for lane in (*self.lanes, self.keeper):
            lane.sees(workspace)
        self._workspace = workspace

    def claim(self, claim: Claim) -> None:
        """From now on it is this run's. Its names say so soon: nobody waits for the engine to write them."""
        self._names = replace(self._names, claim=claim)
        self._naming = threading.Thread(target=self._name, name="box-name", daemon=True)
        self._naming.start()

    def is_well(self) -> bool:
        return all(lane.talk.answers(WELL_S) for lane in (self.keeper, *self.lanes))

    def remove(self) -> None:
        """To the last trace. What resists is left to the next reap: it does not undo a run's end."""
        if self._naming is not None:
            self._naming.join()
        together(*(partial(self._surely, self._engine.remove_container, name) for name in self._containers))
        for talk in self._talks:
            talk.close()

    def _new_container(self, keeper: str, image: str | None = None) -> str:
        labels = {**self._labels, ROLE: "box"}
        settings = profile.lane(image or self._image, self._limits, keeper=keeper, labels=labels)
        return self._create(self._names.lane(next(self._numbers)), settings)

    def _create(self, name: str, settings: Mapping[str, Any]) -> str:
        container = self._engine.create(settings, name)
        self._containers.append(container)
        return container

    def _name(self) -> None:
        (lane,) = self.lanes[:1]
        named = {self.keeper.container: self._names.keeper, lane.container: self._names.lane(1)}
        for container, name in named.items():
            try:
                self._engine.rename(container, name)
            except (AgentError, Gone) as failure:  # it ends with us all the same
                log.info("box.not_named", name=name, why=str(failure))

    def _hold(self, keeper: str) -> None:
        self.keeper = self._started(keeper)

    def _started(self, container: str) -> Lane:
        talk = Conversation(self._engine.start(container))
        self._talks.append(talk)
        try:
            hello = talk.greeted(GREETING_S)
        except LostError as silence:
            raise Hiccup("A box did not come up in time.") from silence
        if hello.version != VERSION:
            raise Hiccup("A box speaks another version of its protocol.")
        if not hello.has_sh:
            raise UserError("The sandbox image has no `/bin/sh`. Take one that has, or add it.")
        return Lane(self._engine, container, self._engine.pid(container), talk)

    def _surely(self, remove: Callable[[str], None], name: str) -> None:
        for pause_s in (*REMOVAL_PAUSES_S, None):
            try:
                remove(name)
            except (Hiccup, Gone) as failure:
                if pause_s is None:
                    log.warning("box.left_behind", name=name, why=str(failure))
                    return
                time.sleep(pause_s)
            else:
                return
