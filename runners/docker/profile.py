"""The lock-down: the settings that every container of ours has, as the JSON that Docker's API takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.limits import Limits
from runners.docker.engine import Labels
from runners.docker.names import ROLE
from runners.supervisor.inside import ENV, HOME, OPEN_FILES, SCRATCH, SECRETS, SUPERVISOR, WORKSPACE

OWNER = (1000, 1000)
USER = "1000:1000"
MIB = 1024 * 1024
LOOK = "/run/look"  # where the keeper keeps an index of the result, and no file contents
LOOK_MB = 256
SECRETS_MB = 2
EGRESS = Limits(memory_mb=128, cpus=1.0, pids=64, workspace_mb=16)
# What entry points of service images need to give their data to their user, and to become it.
SERVICE_CAPABILITIES = ("CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID")


@dataclass(frozen=True)
class Plug:
    """How a container is on a box's network: its resolver there, its own address and name if it has any."""

    network: str
    resolver: str
    address: str = ""
    alias: str = ""


@dataclass(frozen=True)
class Fabric:
    """What all containers of a box have in common. `tools` is the mount with the supervisor.

    `runtime` is one that the engine knows; "" is its own.
    """

    limits: Limits
    tools: Mapping[str, Any]
    labels: Labels
    runtime: str = ""
    first_uid: int = 0  # what the engine's machine calls the user 0 of a container

    def of(self, role: str) -> Fabric:
        return replace(self, labels={**self.labels, ROLE: role})

    def in_memory(
        self, place: str, megabytes: int, *, mode: str = "0755", owner: tuple[int, int] = OWNER
    ) -> dict[str, Any]:
        """A volume without a name: sized, so that a full one hurts its own run only, and gone with the last
        of its containers, whoever ends them."""
        # The engine's machine mounts it. Without uid= it is root's, and a box has no root.
        uid, gid = (self.first_uid + each for each in owner)
        options = f"size={megabytes}m,uid={uid},gid={gid},mode={mode},nosuid,nodev"
        driver = {"Name": "local", "Options": {"type": "tmpfs", "device": "tmpfs", "o": options}}
        volume = {"NoCopy": True, "Labels": dict(self.labels), "DriverConfig": driver}
        return {"Type": "volume", "Target": place, "VolumeOptions": volume}


def keeper(fabric: Fabric, image: str) -> dict[str, Any]:
    """The container that no step ever runs in: it holds what steps write, fills it before, reads it after."""
    fabric, limits = fabric.of("keeper"), fabric.limits
    settings = _locked(fabric, image)
    settings["Env"] = ["HOME=/nonexistent", "LANG=C.UTF-8", f"TMPDIR={LOOK}"]
    settings["HostConfig"]["Mounts"] = [
        dict(fabric.tools),
        # Tests and build tools run files from all of these.
        fabric.in_memory(WORKSPACE, limits.workspace_mb),
        fabric.in_memory(SCRATCH, limits.tmp_mb, mode="1777"),
        fabric.in_memory(HOME, limits.tmp_mb),
    ]
    settings["HostConfig"]["Tmpfs"] = {
        LOOK: f"rw,noexec,nosuid,nodev,size={LOOK_MB}m,uid=1000,gid=1000,mode=0700"
    }
    return settings


def lane(fabric: Fabric, image: str, *, keeper: str, plug: Plug | None, private: bool) -> dict[str, Any]:
    """A container in which steps run, one at a time, on what the keeper holds; if `private`, with secrets."""
    fabric = fabric.of("box")
    settings = _locked(fabric, image)
    settings["Env"] = [f"{name}={value}" for name, value in ENV.items()]
    settings["HostConfig"]["VolumesFrom"] = [keeper]
    if private:
        settings["HostConfig"]["Mounts"] = [fabric.in_memory(SECRETS, SECRETS_MB, mode="0700")]
    return settings if plug is None else _plugged(settings, plug)


def egress(fabric: Fabric, image: str, *, plug: Plug) -> dict[str, Any]:
    """The container that all of a box's connections go through. No step runs in it either."""
    fabric = replace(fabric.of("egress"), limits=EGRESS)
    settings = _plugged(_locked(fabric, image), plug)
    settings["HostConfig"]["Mounts"] = [
        dict(fabric.tools),
        fabric.in_memory(WORKSPACE, EGRESS.workspace_mb),
    ]
    settings["HostConfig"]["Sysctls"] = {"net.ipv4.ip_unprivileged_port_start": "0"}
    return settings


def service(
    fabric: Fabric,
    image: str,
    *,
    env: Mapping[str, str],
    data: Sequence[str],
    owner: tuple[int, int],
    plug: Plug,
) -> dict[str, Any]:
    """A service beside the box, as its image's own user, the `owner` of the folders that its `data` is in."""
    fabric, limits = fabric.of("service"), fabric.limits
    settings = _plugged(_locked(fabric, image), plug)
    del settings["User"], settings["WorkingDir"]
    settings["Env"] = [f"{name}={value}" for name, value in env.items()]
    settings["HostConfig"]["CapAdd"] = list(SERVICE_CAPABILITIES)
    scratch = [fabric.in_memory(each, limits.tmp_mb, mode="1777", owner=owner) for each in (SCRATCH, "/run")]
    settings["HostConfig"]["Mounts"] = [
        dict(fabric.tools),
        fabric.in_memory(WORKSPACE, EGRESS.workspace_mb, mode="1777"),
        *scratch,
        *(fabric.in_memory(each, limits.workspace_mb, owner=owner) for each in data),
    ]
    return settings


def _plugged(settings: dict[str, Any], plug: Plug) -> dict[str, Any]:
    settings["NetworkDisabled"] = False
    settings["HostConfig"]["NetworkMode"] = plug.network
    settings["HostConfig"]["Dns"] = [plug.resolver]
    point: dict[str, Any] = {"Aliases": [plug.alias] if plug.alias else []}
    if plug.address:
        point["IPAMConfig"] = {"IPv4Address": plug.address}
    settings["NetworkingConfig"] = {"EndpointsConfig": {plug.network: point}}
    return settings


def _locked(fabric: Fabric, image: str) -> dict[str, Any]:
    limits = fabric.limits
    memory = limits.memory_mb * MIB
    return {
        "Image": image,
        "Hostname": "box",
        "User": USER,
        "WorkingDir": WORKSPACE,
        "Entrypoint": [SUPERVISOR],
        "Cmd": [],
        # Whoever started it holds its stdin: when they are gone, it ends, and is removed.
        "OpenStdin": True,
        "StdinOnce": True,
        "AttachStdin": True,
        "AttachStdout": True,
        "Labels": dict(fabric.labels),
        "Healthcheck": {"Test": ["NONE"]},
        "NetworkDisabled": True,
        "HostConfig": {
            "AutoRemove": True,
            "Runtime": fabric.runtime,
            "Init": False,  # the supervisor is
            "NetworkMode": "none",
            "ReadonlyRootfs": True,
            "Privileged": False,
            "CapDrop": ["ALL"],
            "SecurityOpt": ["no-new-privileges"],
            "IpcMode": "private",
            "ShmSize": 64 * MIB,
            "Memory": memory,
            "MemorySwap": memory,
            "NanoCpus": int(limits.cpus * 1_000_000_000),
            "PidsLimit": limits.pids,
            "Ulimits": [
                {"Name": "nofile", "Soft": OPEN_FILES, "Hard": OPEN_FILES},
                {"Name": "core", "Soft": 0, "Hard": 0},
                {"Name": "fsize", "Soft": limits.workspace_mb * MIB, "Hard": limits.workspace_mb * MIB},
            ],
            "LogConfig": {"Type": "none"},
            "RestartPolicy": {"Name": "no"},
        },
    }
