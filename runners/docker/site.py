"""Where a box is built."""

from __future__ import annotations

from dataclasses import dataclass

from runners.docker.containers import Containers
from runners.docker.names import Names
from runners.docker.profile import Fabric


@dataclass(frozen=True)
class Site:
    """What whoever adds a container to a box has to know."""

    containers: Containers
    names: Names
    fabric: Fabric
