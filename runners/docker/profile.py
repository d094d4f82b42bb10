"""The lock-down: the settings that every container of ours has, as the JSON that Docker's API takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.limits import Limits

WORKSPACE = "/workspace"
HOME = "/home/agent"
USER = "1000:1000"
INIT = "/sbin/docker-init"  # tini, put there by the engine in every container with Init
MIB = 1024 * 1024
OPEN_FILES = 16_384
LOOK_MB = 256  # scratch of the container that reads the result: an index, no file contents

_ENV = {
    "HOME": HOME,
    "USER": "agent",
    "LANG": "C.UTF-8",
    "CI": "true",
    "TERM": "dumb",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONUNBUFFERED": "1",
    "GIT_TERMINAL_PROMPT": "0",
}


def workspace_options(limits: Limits) -> dict[str, str]:
    """A volume in memory, sized: a full one hurts its own run only, and it is gone with its containers."""
    options = f"size={limits.workspace_mb}m,uid=1000,gid=1000,mode=0755,nosuid,nodev"
    return {"type": "tmpfs", "device": "tmpfs", "o": options}


def box(
    image: str, volume: str, limits: Limits, *, env: Mapping[str, str], labels: Mapping[str, str]
) -> dict[str, Any]:
    """The container in which a run's steps run."""
    settings = _locked(image, limits, labels)
    settings["Env"] = [f"{name}={value}" for name, value in {**_ENV, **env}.items()]
    settings["HostConfig"] |= {
        "Mounts": [_workspace(volume, read_only=False)],
        "Tmpfs": {
            "/tmp": _scratch(limits.tmp_mb, "1777"),  # noqa: S108 - the container's
            HOME: _scratch(limits.tmp_mb, "0755"),
        },
    }
    return settings


def keeper(image: str, volume: str, limits: Limits, *, labels: Mapping[str, str]) -> dict[str, Any]:
    """The container that holds the workspace in memory and reads it when no step runs any more."""
    settings = _locked(image, limits, labels)
    settings["Env"] = ["HOME=/nonexistent", "LANG=C.UTF-8"]
    settings["HostConfig"] |= {
        "Mounts": [_workspace(volume, read_only=True)],
        "Tmpfs": {"/tmp": _scratch(LOOK_MB, "1777")},  # noqa: S108 - the container's
    }
    return settings


def _locked(image: str, limits: Limits, labels: Mapping[str, str]) -> dict[str, Any]:
    memory = limits.memory_mb * MIB
    return {
        "Image": image,
        "Hostname": "box",
        "User": USER,
        "WorkingDir": WORKSPACE,
        # The shell's own `read` waits for ever on a stdin that nobody has: the image needs no sleep(1).
        "Entrypoint": ["/bin/sh", "-c", "read -r never"],
        "Cmd": [],
        "OpenStdin": True,
        "Labels": dict(labels),
        "Healthcheck": {"Test": ["NONE"]},
        "NetworkDisabled": True,
        "HostConfig": {
            "Init": True,
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


def _workspace(volume: str, *, read_only: bool) -> dict[str, Any]:
    return {
        "Type": "volume",
        "Source": volume,
        "Target": WORKSPACE,
        "ReadOnly": read_only,
        "VolumeOptions": {"NoCopy": True},
    }


def _scratch(megabytes: int, mode: str) -> str:
    # Without uid= a tmpfs is root's, and a box has no root. Tests and build tools run files from /tmp: exec.
    return f"rw,exec,nosuid,nodev,size={megabytes}m,uid=1000,gid=1000,mode={mode}"
