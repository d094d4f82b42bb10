"""The lock-down: the settings that every container of ours has, as the JSON that Docker's API takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.limits import Limits
from runners.supervisor.inside import ENV, HOME, OPEN_FILES, SCRATCH, SUPERVISOR, WORKSPACE

USER = "1000:1000"
MIB = 1024 * 1024
LOOK = "/run/look"  # where the keeper keeps an index of the result, and no file contents
LOOK_MB = 256


def keeper(
    image: str, limits: Limits, *, tools: Mapping[str, Any], labels: Mapping[str, str]
) -> dict[str, Any]:
    """The container that no step ever runs in: it holds what steps write, fills it before, reads it after."""
    settings = _locked(image, limits, labels)
    settings["Env"] = ["HOME=/nonexistent", "LANG=C.UTF-8", f"TMPDIR={LOOK}"]
    settings["HostConfig"]["Mounts"] = [
        dict(tools),
        # Tests and build tools run files from all of these.
        _in_memory(WORKSPACE, limits.workspace_mb, "0755", labels),
        _in_memory(SCRATCH, limits.tmp_mb, "1777", labels),
        _in_memory(HOME, limits.tmp_mb, "0755", labels),
    ]
    settings["HostConfig"]["Tmpfs"] = {
        LOOK: f"rw,noexec,nosuid,nodev,size={LOOK_MB}m,uid=1000,gid=1000,mode=0700"
    }
    return settings


def lane(image: str, limits: Limits, *, keeper: str, labels: Mapping[str, str]) -> dict[str, Any]:
    """A container in which steps run, one at a time, on what the keeper holds."""
    settings = _locked(image, limits, labels)
    settings["Env"] = [f"{name}={value}" for name, value in ENV.items()]
    settings["HostConfig"]["VolumesFrom"] = [keeper]
    return settings


def _in_memory(place: str, megabytes: int, mode: str, labels: Mapping[str, str]) -> dict[str, Any]:
    """A volume without a name: sized, so that a full one hurts its own run only, and gone with the last of
    its containers, whoever ends them."""
    # Without uid= it is root's, and a box has no root.
    options = f"size={megabytes}m,uid=1000,gid=1000,mode={mode},nosuid,nodev"
    driver = {"Name": "local", "Options": {"type": "tmpfs", "device": "tmpfs", "o": options}}
    volume = {"NoCopy": True, "Labels": dict(labels), "DriverConfig": driver}
    return {"Type": "volume", "Target": place, "VolumeOptions": volume}


def _locked(image: str, limits: Limits, labels: Mapping[str, str]) -> dict[str, Any]:
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
        "Labels": dict(labels),
        "Healthcheck": {"Test": ["NONE"]},
        "NetworkDisabled": True,
        "HostConfig": {
            "AutoRemove": True,
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
