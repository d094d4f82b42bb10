"""The network of one box: internal, with a proxy that is its only way out, and the services on it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import partial

from bot.equipment import Equipment
from bot.errors import Hiccup
from runners.docker.containers import surely
from runners.docker.engine import Engine, OverlapError
from runners.docker.gate import Gate, Outside
from runners.docker.profile import Plug
from runners.docker.services import Services
from runners.docker.site import Site
from runners.supervisor.together import together

PREFIX = 24  # of a box's network: its upper half has room for the lanes and services
OVERLAPS = 20  # networks that may be in the way before we give up


class Network:
    """There from the beginning, of use after `open`. `remove` comes after the containers'."""

    _gate: Gate
    _services: Services

    def __init__(self, engine: Engine, site: Site, outside: Outside, equipment: Equipment) -> None:
        self._engine = engine
        self._site = site
        self._outside = outside
        self._equipment = equipment
        self._id, resolver = self._created()
        self.plug = Plug(site.names.network, resolver)

    def open(self) -> None:
        """Services are ready, and so is the way out. UserError when one cannot be."""
        self._services = Services(self._engine, self._site, self.plug, self._equipment.services)
        begin = [partial(self._services.begin, name) for name in self._equipment.services]
        together(self._open_gate, *begin)
        self._services.await_all(self._gate)
        self._gate.open(self._equipment.hosts)

    def remarks(self) -> Iterator[str]:
        """Sentences for the report."""
        yield from self._gate.remarks()
        yield from self._services.remarks()

    def remove(self) -> None:
        surely(partial(self._engine.remove_network, self._id))

    def _open_gate(self) -> None:
        self._gate = Gate(self._engine, self._site, self._outside, self.plug)

    def _created(self) -> tuple[str, str]:
        """Its id, and the address in it that will be the proxy's."""
        subnets = list(self._outside.addresses.subnets(new_prefix=PREFIX))
        for subnet in random.sample(subnets, min(OVERLAPS, len(subnets))):
            try:
                made = self._engine.create_network(self._site.names.network, subnet, self._site.fabric.labels)
            except OverlapError:
                continue
            return made, str(subnet[2])  # the first is the bridge's, and nobody has it
        raise Hiccup(
            f"No addresses of {self._outside.addresses} are free for a box's network. "
            "Give DEVOPS_AGENT_BOX_ADDRESSES others, or fewer workers."
        )
