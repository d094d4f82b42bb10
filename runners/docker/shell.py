"""A box before it is anybody's: its containers started, its workspace empty."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import count

import structlog

from bot.equipment import Equipment
from bot.errors import AgentError, Hiccup, UserError
from bot.limits import Limits
from runners.docker import profile
from runners.docker.containers import Containers, Lane
from runners.docker.engine import Engine, Gone, Labels
from runners.docker.gate import Outside
from runners.docker.mounting import CannotMountError, Workspace
from runners.docker.names import INSTANCE, Claim, Names
from runners.docker.network import Network
from runners.docker.profile import Fabric
from runners.docker.site import Site
from runners.docker.tools import Tools
from runners.supervisor.together import together

log = structlog.get_logger(__name__)

NOTHING_BESIDE = Equipment()
WELL_S = 1.0


class Maker:
    """How the containers of this installation's boxes are started and removed."""

    def __init__(
        self, engine: Engine, instance: str, default_image: str, outside: Outside, runtime: str
    ) -> None:
        self.engine = engine
        self.outside = outside
        self.runtime = runtime
        self.labels: Labels = {INSTANCE: instance}
        self.tools = Tools(engine, default_image, readable=bool(runtime))
        self._default_image = default_image

    def pinned(self, image: str) -> str:
        """The digest that the image's name means now. UserError when it is not here."""
        return self.engine.pinned(image)

    def shell(
        self, image: str, limits: Limits, claim: Claim | None, equipment: Equipment = NOTHING_BESIDE
    ) -> Shell:
        """`image` is a digest. UserError when it cannot be a box."""
        if self.runtime and equipment.needs_network:
            raise UserError(
                f"Boxes of this server are made by `{self.runtime}`, and have no network: leave `network` "
                "and `services` out."
            )
        bounded = replace(limits, cpus=min(limits.cpus, self.engine.cpus))
        shell = Shell(self, image, bounded, Names.new(claim), equipment)
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
    _network: Network | None = None

    def __init__(self, maker: Maker, image: str, limits: Limits, names: Names, equipment: Equipment) -> None:
        self.lanes: list[Lane] = []
        self.started_at = time.monotonic()
        self._engine = maker.engine
        self._outside = maker.outside
        self._containers = Containers(maker.engine)
        fabric = Fabric(limits, maker.tools.mount(), maker.labels, maker.runtime, maker.engine.first_uid)
        self._site = Site(self._containers, names, fabric)
        self._image = image
        self._names = names
        self._equipment = equipment
        self._numbers = count(1)
        self._naming: threading.Thread | None = None

    def start(self, trusted: str) -> None:
        """`trusted` is the image of the keeper, which reads what steps leave."""
        # What steps write is held by a container that they cannot reach: a lane that dies loses nothing.
        keeper = self._containers.create(self._names.keeper, profile.keeper(self._site.fabric, trusted))
        if self._equipment.needs_network:
            self._network = Network(self._engine, self._site, self._outside, self._equipment)
        lane = self._new_container(keeper)
        acts = [] if self._network is None else [self._network.open]
        together(lambda: self._hold(keeper), lambda: self.lanes.append(self._containers.start(lane)), *acts)

    def new_lane(self, image: str | None, *, private: bool = False) -> Lane:
        """For a step beside others, of another image, or with secrets. Hiccup when the box goes away."""
        pinned = None if image is None else self._engine.pinned(image)
        try:
            lane = self._containers.start(self._new_container(self.keeper.container, pinned, private=private))
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
        self._containers.remove()
        if self._network is not None:
            self._network.remove()

    def remarks(self) -> Iterator[str]:
        """Sentences for the report, of what is beside its lanes."""
        return iter(()) if self._network is None else self._network.remarks()

    def _new_container(self, keeper: str, image: str | None = None, *, private: bool = False) -> str:
        settings = profile.lane(
            self._site.fabric,
            image or self._image,
            keeper=keeper,
            plug=None if self._network is None else self._network.plug,
            private=private,
        )
        return self._containers.create(self._names.lane(next(self._numbers)), settings)

    def _name(self) -> None:
        (lane,) = self.lanes[:1]
        named = {self.keeper.container: self._names.keeper, lane.container: self._names.lane(1)}
        for container, name in named.items():
            try:
                self._engine.rename(container, name)
            except (AgentError, Gone) as failure:  # it ends with us all the same
                log.info("box.not_named", name=name, why=str(failure))

    def _hold(self, keeper: str) -> None:
        self.keeper = self._containers.start(keeper)
