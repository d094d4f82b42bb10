"""What a repository's boxes have beside its code, as its configuration chose it and its runs keep it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Service:
    """A program beside the box, on a network that only the two are on, reached by its name.

    The first step begins when `port` is open; None: that which its image exposes, where it is one.
    """

    image: str
    env: Mapping[str, str] = field(default_factory=dict)  # shown to everybody
    port: int | None = None


@dataclass(frozen=True)
class Setup:
    """Commands that a box without the code runs once for each state of the files that they read.

    `reads` are globs of those files; `hosts` is as in Equipment, for these commands only; `keeps` are folders
    of the workspace that are there afterwards, as HOME is.
    """

    run: tuple[str, ...]
    reads: tuple[str, ...]
    keeps: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cache:
    """A folder, below the workspace or (`~/`) below HOME, kept from one run to the next.

    `key` are globs of files: while they stay the same, nothing new is kept.
    """

    path: str
    key: tuple[str, ...]


@dataclass(frozen=True)
class Equipment:
    """`hosts` may be reached by HTTP and HTTPS: names, `*.` before one for all below it, or `*` for all."""

    hosts: tuple[str, ...] = ()
    services: Mapping[str, Service] = field(default_factory=dict)  # by name
    artifacts: tuple[str, ...] = ()  # globs of files and folders that are kept
    junit: tuple[str, ...] = ()  # globs of reports that are read
    sarif: tuple[str, ...] = ()
    setup: Setup | None = None
    caches: tuple[Cache, ...] = ()

    @property
    def collected(self) -> tuple[str, ...]:
        """Globs of all files that are fetched out of the box."""
        return (*self.artifacts, *self.junit, *self.sarif)

    @property
    def needs_network(self) -> bool:
        return bool(self.hosts or self.services)
