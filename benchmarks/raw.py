"""The floors that Docker sets: the same image, the engine asked directly, no box of ours around it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from docker import APIClient
from docker.utils import kwargs_from_env

LABEL = "io.devops-agent.bench"
_WAITING = {"Entrypoint": ["/bin/sh", "-c", "read -r never"], "OpenStdin": True}
_PLAIN = {"NetworkDisabled": True, "HostConfig": {"NetworkMode": "none", "LogConfig": {"Type": "none"}}}


class RawDocker:
    """All times are milliseconds."""

    def __init__(self, image: str) -> None:
        self._api = APIClient(version="auto", **kwargs_from_env())
        self._image = image

    @contextmanager
    def container(self) -> Iterator[str]:
        """One that waits, to execute something in."""
        name = self._create(_WAITING)
        try:
            self._api.start(name)
            yield name
        finally:
            self._remove(name)

    def exec_ms(self, container: str, argv: tuple[str, ...]) -> float:
        """Create, start, read to the end, ask how it ended."""
        began = time.perf_counter()
        ident = self._api.exec_create(container, list(argv))["Id"]
        self._api.exec_start(ident)
        code = self._api.exec_inspect(ident)["ExitCode"]
        took = _ms_since(began)
        if code != 0:
            raise AssertionError(f"{argv} ended with {code}.")
        return took

    def container_ms(self) -> tuple[float, float]:
        """Create and start of one container, and its removal."""
        began = time.perf_counter()
        name = self._create(_WAITING)
        try:
            self._api.start(name)
            started = _ms_since(began)
        finally:
            began = time.perf_counter()
            self._remove(name)
        return started, _ms_since(began)

    def put_archive_ms(self, archive: bytes) -> float:
        """A tar into a container that was not started yet."""
        name = self._create(_WAITING)
        try:
            began = time.perf_counter()
            self._api.put_archive(name, "/tmp", archive)
            return _ms_since(began)
        finally:
            self._remove(name)

    def first_line_ms(self) -> float:
        """From nothing to the first byte that a new container prints."""
        began = time.perf_counter()
        name = self._create({"Entrypoint": ["/bin/echo", "hello"], "AttachStdout": True})
        try:
            pieces: Any = self._api.attach(name, stdout=True, stream=True)
            self._api.start(name)
            next(iter(pieces))
            return _ms_since(began)
        finally:
            self._remove(name)

    def close(self) -> None:
        self._api.close()

    def _create(self, settings: dict[str, Any]) -> str:
        config = {"Image": self._image, "Labels": {LABEL: "raw"}, **_PLAIN, **settings}
        made = self._api.create_container_from_config(config)  # type: ignore[no-untyped-call]
        return str(made["Id"])

    def _remove(self, name: str) -> None:
        self._api.remove_container(name, v=True, force=True)


def _ms_since(began: float) -> float:
    return (time.perf_counter() - began) * 1000
