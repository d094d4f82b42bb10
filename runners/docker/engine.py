"""The connection to the Docker engine: made on first use, its failures told as ours."""

from __future__ import annotations

import io
import tarfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from ipaddress import IPv4Network
from itertools import islice
from typing import Any

from docker import APIClient
from docker.errors import APIError, DockerException, ImageNotFound, NotFound
from docker.types import IPAMConfig, IPAMPool
from docker.utils import kwargs_from_env
from requests.exceptions import RequestException

from bot.errors import Hiccup, UserError
from runners.docker.wire import Wire

CALL_TIMEOUT_S = 60  # of one API call; container starts on a busy machine take seconds
CONNECTIONS = 64

Labels = Mapping[str, str]


@dataclass(frozen=True)
class Container:
    """`created` is seconds since 1970."""

    id: str
    name: str
    running: bool
    created: float


@dataclass(frozen=True)
class Network:
    """`created` is seconds since 1970."""

    id: str
    name: str
    created: float


@dataclass(frozen=True)
class ImageConfig:
    """What an image says of its containers, as far as we ask."""

    argv: tuple[str, ...]  # its entry point and command
    folder: str  # that it begins in
    user: str  # "" is root
    volumes: tuple[str, ...]
    ports: tuple[int, ...]  # TCP


class OverlapError(Exception):
    """The addresses are somebody else's already."""


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

    @cached_property
    def first_uid(self) -> int:
        """What this machine calls the root of a container: not 0 where the engine remaps users."""
        with answering():
            told = self.api.info()
        if not any("userns" in option for option in told.get("SecurityOptions") or ()):
            return 0
        # Nothing else tells it: of an engine that remaps, the folder is named after the first ids.
        base, _, _ = str(told["DockerRootDir"]).rpartition("/")[2].partition(".")
        return int(base) if base.isdecimal() else 0

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

    def config(self, image: str) -> ImageConfig:
        """`image` is a digest that is here."""
        with answering():
            told = self.api.inspect_image(image)["Config"]  # type: ignore[no-untyped-call]
        ports = [port.removesuffix("/tcp") for port in told.get("ExposedPorts") or {}]
        return ImageConfig(
            argv=(*(told.get("Entrypoint") or ()), *(told.get("Cmd") or ())),
            folder=told.get("WorkingDir") or "/",
            user=told.get("User") or "",
            volumes=tuple(told.get("Volumes") or ()),
            ports=tuple(int(port) for port in ports if port.isdecimal()),
        )

    def create_network(self, name: str, addresses: IPv4Network, labels: Labels) -> str:
        """One that leads nowhere, the host included; the lower half of its addresses is given to nobody.

        OverlapError when they are taken.
        """
        # Else the host is the bridge's first address, and whatever listens there can be reached.
        options = {"com.docker.network.bridge.inhibit_ipv4": "true"}
        _, upper = addresses.subnets()
        ipam = IPAMConfig(pool_configs=[IPAMPool(subnet=str(addresses), iprange=str(upper))])
        with answering():
            try:
                made = self.api.create_network(
                    name, driver="bridge", options=options, ipam=ipam, internal=True, labels=dict(labels)
                )
            except APIError as refusal:
                if "overlaps" in _said(refusal):
                    raise OverlapError from refusal
                raise
            return str(made["Id"])

    def connect(self, container: str, network: str) -> None:
        """Gone when there is no such network."""
        with answering():
            self.api.inspect_network(network)  # else it is missed when the container starts
            self.api.connect_container_to_network(container, network)

    def remove_network(self, network: str) -> None:
        with answering(), suppress(NotFound):
            self.api.remove_network(network)

    def networks(self, label: str) -> list[Network]:
        with answering():
            found = self.api.networks(filters={"label": label})
            return [Network(one["Id"], one["Name"], _seconds(one["Created"])) for one in found]

    def create_volume(self, name: str) -> None:
        """One that is there already is left as it is."""
        with answering():
            self.api.create_volume(name, driver="local")

    def create(self, settings: Mapping[str, Any], name: str | None = None) -> str:
        """The id of a container that is not started yet."""
        with answering():
            made = self.api.create_container_from_config(dict(settings), name)  # type: ignore[no-untyped-call]
            return str(made["Id"])

    def start(self, container: str) -> Wire:
        """Start it, holding its stdin and stdout. UserError when its image cannot be started at all."""
        with answering():
            wire = Wire(self.api.attach_socket(container, {"stdin": 1, "stdout": 1, "stream": 1}))
            try:
                self.api.start(container)
            except APIError as refusal:
                wire.close()
                if refusal.status_code != 400:
                    raise Hiccup(f"Docker could not start a box: {_said(refusal)}") from refusal
                raise UserError(
                    f"Docker could not start a box: {_said(refusal)} Its image must be a Linux one."
                ) from None
            return wire

    def pid(self, container: str) -> int:
        """Of its first process, as the engine's machine counts."""
        with answering():
            return int(self.api.inspect_container(container)["State"]["Pid"])

    def rename(self, container: str, name: str) -> None:
        with answering():
            self.api.rename(container, name)

    def put_file(self, container: str, folder: str, archive: bytes) -> None:
        """Unpack an uncompressed tar into a container that was never started."""
        with answering():
            self.api.put_archive(container, folder, archive)

    def file(self, container: str, path: str) -> bytes:
        """What it holds, up to 1 MiB; nothing where it is not there. Also of a container that never ran."""
        with answering():
            try:
                stream, _ = self.api.get_archive(container, path)
            except NotFound:
                return b""
            packed = b"".join(islice(stream, 1))[: 1024 * 1024]
        with suppress(tarfile.TarError), tarfile.open(fileobj=io.BytesIO(packed), mode="r|") as tar:
            first = tar.next()
            content = tar.extractfile(first) if first is not None and first.isreg() else None
            return content.read() if content is not None else b""
        return b""

    def has_file(self, container: str, path: str) -> bool:
        """Also of a container that was never started."""
        with answering():
            try:
                self.api.get_archive(container, path)
            except NotFound:
                return False
            return True

    def kill(self, container: str) -> None:
        """Ends everything in it. Doing it twice is nothing."""
        with answering():
            try:
                self.api.kill(container, "KILL")
            except APIError as refusal:
                if refusal.status_code not in (404, 409):  # removed, not running
                    raise

    def remove_container(self, name: str) -> None:
        with answering(), suppress(NotFound):
            self.api.remove_container(name, v=True, force=True)

    def containers(self, label: str) -> list[Container]:
        with answering():
            found = self.api.containers(all=True, filters={"label": label})
            return [
                Container(one["Id"], one["Names"][0].lstrip("/"), one["State"] == "running", one["Created"])
                for one in found
                if one["Names"]  # else it is being removed
            ]


def _seconds(moment: str) -> float:
    """Docker writes nanoseconds, which nobody else reads."""
    return datetime.fromisoformat(moment[:19] + "+00:00").timestamp()


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
