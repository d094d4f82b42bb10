"""The services of one box: programs of allowed images, each in a container on the box's network."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace

from bot.equipment import Service
from bot.errors import UserError
from bot.reports.safe import inline
from runners.docker import profile
from runners.docker.companion import Companion
from runners.docker.engine import Engine
from runners.docker.gate import Gate
from runners.docker.profile import Plug
from runners.docker.site import Site
from runners.supervisor.inside import WORKSPACE
from runners.supervisor.protocol import Start

READY_S = 120.0
LOOK_S = 2  # how long one look at a port may take

# A service begins in its image's folder, which need not be one that our supervisor begins programs in.
_SERVE = 'cd "$0" && exec "$@"'


class Services:
    """Each begins at `begin`, and is there when `await_all` returns."""

    def __init__(self, engine: Engine, site: Site, plug: Plug, services: Mapping[str, Service]) -> None:
        self._engine = engine
        self._site = site
        self._plug = plug
        self._services = services
        self._running: dict[str, Companion] = {}
        self._ports: dict[str, int | None] = {}

    def begin(self, name: str) -> None:
        """UserError when its image cannot be started."""
        service = self._services[name]
        image = self._engine.pinned(service.image)
        config = self._engine.config(image)
        if not config.argv:
            raise UserError(
                f"The image {inline(service.image)} of the service `{name}` names no program to start."
            )
        settings = profile.service(
            self._site.fabric,
            image,
            env=service.env,
            data=config.volumes,
            owner=self._owner(image, config.user),
            plug=replace(self._plug, alias=name),
        )
        lane = self._site.containers.start(
            self._site.containers.create(self._site.names.service(name), settings)
        )
        self._ports[name] = service.port or (config.ports[0] if len(config.ports) == 1 else None)
        start = Start(("/bin/sh", "-c", _SERVE, config.folder, *config.argv), WORKSPACE, {}, 0)
        self._running[name] = Companion(lane, start)

    def _owner(self, image: str, user: str) -> tuple[int, int]:
        """Whom the image's program runs as, by number: a volume in memory knows no names."""
        name, _, group = user.partition(":")
        if name.isdecimal():
            return int(name), int(group) if group.isdecimal() else 0
        container = self._engine.create({"Image": image, "Entrypoint": ["/bin/sh"]})
        try:
            people = self._engine.file(container, "/etc/passwd")
        finally:
            self._engine.remove_container(container)
        for line in people.decode(errors="replace").splitlines():
            fields = line.split(":")
            if len(fields) > 3 and fields[0] == (name or "root") and fields[2].isdecimal():
                return int(fields[2]), int(fields[3]) if fields[3].isdecimal() else 0
        return 0, 0

    def await_all(self, gate: Gate) -> None:
        """UserError when one ends before its port is open, or takes too long."""
        deadline = time.monotonic() + READY_S
        for name, port in self._ports.items():
            while port is not None and not gate.reaches(name, port, LOOK_S):
                running = self._running[name]
                if running.has_ended:
                    raise UserError(f"The service `{name}` ended before it was ready. {running.said()}")
                if time.monotonic() > deadline:
                    raise UserError(
                        f"The service `{name}` did not open its port {port} within {READY_S:.0f} seconds. "
                        f"{running.said()}"
                    )

    def remarks(self) -> Iterator[str]:
        """What went away under the steps, in sentences."""
        for name, running in self._running.items():
            if running.has_ended:
                yield f"The service `{name}` ended during the run. {running.said()}"
