"""The connection to the Docker engine: made on first use, its failures told as ours."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import Any

from docker import APIClient
from docker.errors import APIError, DockerException, ImageNotFound, NotFound
from docker.utils import kwargs_from_env
from requests.exceptions import RequestException

from bot.errors import Hiccup, UserError

CALL_TIMEOUT_S = 60  # of one API call; container starts on a busy machine take seconds
CONNECTIONS = 64

Labels = Mapping[str, str]


class Gone(Exception):
    """The container, or what ran in it, is not there any more."""


class Engine:
    """Docker's API. Every call raises UserError, Hiccup or Gone, and nothing of the library's."""

    def __init__(self) -> None:
        self._connecting = threading.Lock()

    @property
    def api(self) -> APIClient:
        with self._connecting:
            return self._client

    @cached_property
    def _client(self) -> APIClient:
        with answering():
            return APIClient(
                version="auto", timeout=CALL_TIMEOUT_S, max_pool_size=CONNECTIONS, **kwargs_from_env()
            )

    @cached_property
    def cpus(self) -> int:
        with answering():
            return int(self.api.info()["NCPU"])

    def pinned(self, image: str) -> str:
        """What the image's name means now, as a digest. UserError when it is not here: we never pull."""
        with answering():
            try:
                return str(self.api.inspect_image(image)["Id"])  # type: ignore[no-untyped-call]
            except (ImageNotFound, NotFound):
                raise UserError(
                    f"The sandbox image `{image}` is not on this machine. "
                    "Build it with `make image`, or name another one in the configuration."
                ) from None

    def create_volume(self, name: str, options: Mapping[str, str], labels: Labels) -> None:
        with answering():
            self.api.create_volume(name, driver="local", driver_opts=dict(options), labels=dict(labels))

    def start(self, name: str, settings: Mapping[str, Any]) -> None:
        """Create and start a container. UserError when the image cannot be started at all."""
        with answering():
            try:
                self.api.create_container_from_config(dict(settings), name)  # type: ignore[no-untyped-call]
                self.api.start(name)
            except APIError as refusal:
                if refusal.status_code != 400:
                    raise Hiccup(f"Docker could not start a box: {_said(refusal)}") from refusal
                raise UserError(
                    f"Docker could not start a box: {_said(refusal)} "
                    "Its image must be a Linux one with `/bin/sh` and `tar`."
                ) from None

    def kill(self, container: str) -> None:
        """Ends everything in it. Doing it twice is nothing."""
        with answering():
            try:
                self.api.kill(container, "KILL")
            except APIError as refusal:
                if refusal.status_code not in (404, 409):  # removed, not running
                    raise

    def state(self, container: str) -> Mapping[str, Any]:
        with answering():
            state: Mapping[str, Any] = self.api.inspect_container(container)["State"]
            return state

    def ran_out_of_memory(self, container: str, since: float, until: float) -> bool:
        """Whether the kernel killed something in it for memory. Seconds since the epoch."""
        with answering():
            events = self.api.events(  # type: ignore[call-overload]  # the API knows fractions
                since=f"{since:.9f}",
                until=f"{until:.9f}",
                filters={"container": container, "event": "oom"},
                decode=True,
            )
            return any(True for _ in events)

    def remove_container(self, name: str) -> None:
        with answering(), suppress(NotFound):
            self.api.remove_container(name, v=True, force=True)

    def remove_volume(self, name: str) -> None:
        with answering(), suppress(NotFound):
            self.api.remove_volume(name)

    def containers(self, label: str) -> list[tuple[str, Labels]]:
        with answering():
            found = self.api.containers(all=True, filters={"label": label})
            return [(one["Id"], one["Labels"] or {}) for one in found]

    def volumes(self, label: str) -> list[tuple[str, Labels]]:
        with answering():
            found = self.api.volumes(filters={"label": label})["Volumes"] or []
            return [(one["Name"], one["Labels"] or {}) for one in found]


@contextmanager
def answering() -> Iterator[None]:
    """What Docker and the connection to it raise, as Gone or Hiccup."""
    try:
        yield
    except NotFound as missing:
        raise Gone(_said(missing)) from missing
    except APIError as refusal:
        if refusal.status_code == 409:
            raise Gone(_said(refusal)) from refusal
        raise Hiccup(f"Docker did not do what was asked: {_said(refusal)}") from refusal
    except (DockerException, RequestException, OSError) as silence:
        raise Hiccup(
            "Docker does not answer on this machine. Start it with `sudo systemctl start docker`, "
            "or with `make setup`; `devops-agent doctor` tells more."
        ) from silence


def _said(refusal: APIError) -> str:
    sentence = str(refusal.explanation or refusal).strip()[:300]
    return sentence if sentence.endswith(".") else sentence + "."
