"""The containers of one box: each is made, its supervisor greeted, and all are removed together."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import structlog

from bot.errors import Hiccup, UserError
from runners.docker.engine import Engine, Gone
from runners.docker.mounting import Workspace
from runners.supervisor.conversation import Conversation, LostError
from runners.supervisor.protocol import VERSION
from runners.supervisor.together import together

log = structlog.get_logger(__name__)

GREETING_S = 30.0  # for the first word of a container on a busy machine
REMOVAL_PAUSES_S = (0.2, 1.0, 3.0)


class Lane:
    """One container in which steps run one at a time, or one in which none ever does."""

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


class Containers:
    """Safe from any thread but `remove`, which nobody else may be busy with them for."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._made: list[str] = []  # by id, also those that never came up
        self._talks: list[Conversation] = []

    def create(self, name: str, settings: Mapping[str, Any]) -> str:
        """The id of one that is not started yet."""
        container = self._engine.create(settings, name)
        self._made.append(container)
        return container

    def start(self, container: str) -> Lane:
        """UserError when its image cannot be a box."""
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

    def remove(self) -> None:
        """To the last trace. What resists is left to the next reap: it does not undo a run's end."""
        together(*(partial(surely, partial(self._engine.remove_container, each)) for each in self._made))
        for talk in self._talks:
            talk.close()


def surely(remove: Callable[[], None]) -> None:
    """Try a few times; then it is somebody else's to remove."""
    for pause_s in (*REMOVAL_PAUSES_S, None):
        try:
            remove()
        except (Hiccup, Gone) as failure:
            if pause_s is None:
                log.warning("box.left_behind", why=str(failure))
                return
            time.sleep(pause_s)
        else:
            return
