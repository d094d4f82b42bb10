"""The egress proxy of one box, in its container: all that leaves the box's network passes through it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network

from bot.errors import Hiccup, UserError
from bot.reports.safe import inline
from runners.docker import egress, profile
from runners.docker.companion import Companion
from runners.docker.engine import Engine, Gone
from runners.docker.profile import Plug
from runners.docker.site import Site
from runners.supervisor.conversation import Piece, cut
from runners.supervisor.inside import WORKSPACE
from runners.supervisor.protocol import How, Start

READY_S = 15.0
_REACH = "until (: </dev/tcp/$1/$2) 2>/dev/null; do sleep 0.05; done"


@dataclass(frozen=True)
class Outside:
    """How boxes get out: the proxy's image, the network of the engine that it is on; and boxes' addresses."""

    image: str = "devops-agent/egress:latest"
    network: str = "bridge"
    addresses: IPv4Network = field(default_factory=lambda: IPv4Network("10.213.0.0/16"))


class Gate:
    """Started closed: first it is asked what is ready, then it is opened."""

    def __init__(self, engine: Engine, site: Site, outside: Outside, plug: Plug) -> None:
        """`plug` says the proxy's own address."""
        own = replace(plug, address=plug.resolver)
        settings = profile.egress(site.fabric, _pinned(engine, outside.image), plug=own)
        container = site.containers.create(site.names.egress, settings)
        try:
            engine.connect(container, outside.network)
        except Gone as missing:
            raise UserError(
                f"The engine has no network {inline(outside.network)}, by which boxes get out. "
                "Correct DEVOPS_AGENT_EGRESS_NETWORK."
            ) from missing
        self._lane = site.containers.start(container)
        self._address = plug.resolver
        self._proxy: Companion | None = None
        self._refusals = egress.Refusals(())

    def reaches(self, name: str, port: int, seconds: int) -> bool:
        """Whether that port is open by then. Only before `open`."""
        reach = Start(("bash", "-c", _REACH, "reach", name, str(port)), WORKSPACE, {}, seconds)
        return self._lane.talk.perform(reach, _ignore).how is How.EXITED

    def open(self, hosts: tuple[str, ...]) -> None:
        """From now on these can be reached."""
        argv = ("bash", "-c", egress.SCRIPT, "egress", *egress.resolver(hosts, self._address))
        self._refusals = egress.Refusals(hosts)
        ready = threading.Event()

        def hear(line: str) -> None:
            if line == egress.READY:
                ready.set()
            self._refusals.hear(line)

        stdin = cut(egress.proxy(hosts).encode())
        self._proxy = Companion(self._lane, Start(argv, WORKSPACE, {}, 0), stdin=stdin, hear=hear)
        deadline = time.monotonic() + READY_S
        while not ready.wait(0.1):
            if self._proxy.has_ended or time.monotonic() > deadline:
                raise Hiccup(f"The egress proxy did not start. {self._proxy.said()}")

    def remarks(self) -> Iterator[str]:
        """What steps did not reach, in sentences."""
        yield from self._refusals.sentences()
        if self._proxy is not None and self._proxy.has_ended:
            yield "The egress proxy ended during the run, and no host could be reached any more."


def _pinned(engine: Engine, image: str) -> str:
    try:
        return engine.pinned(image)
    except UserError as missing:
        raise UserError(
            f"The egress proxy's image {inline(image)} is not on this machine. Build it with `make image`."
        ) from missing


def _ignore(pieces: Iterable[Piece]) -> None:
    pass
