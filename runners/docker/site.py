"""Where a box is built: what all of its containers have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.limits import Limits
from runners.docker.containers import Containers
from runners.docker.engine import Labels
from runners.docker.names import Names


@dataclass(frozen=True)
class Site:
    """`tools` is the mount with the supervisor."""

    containers: Containers
    names: Names
    limits: Limits
    tools: Mapping[str, Any]
    labels: Labels
