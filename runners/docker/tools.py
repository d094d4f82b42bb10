"""The supervisor's file, brought to the engine once: a volume that every box mounts read-only."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
import threading
from functools import cached_property
from typing import Any

from runners.docker.engine import Engine
from runners.supervisor.inside import SUPERVISOR
from runners.supervisor.program import program

_FOLDER, _NAME = os.path.split(SUPERVISOR)


class Tools:
    """A volume's name tells what belongs into it; whether that is there is looked at once."""

    def __init__(self, engine: Engine, image: str, *, readable: bool = False) -> None:
        """`image` is any that is there: a container of it is made to reach the volume, and never started.

        The file is `readable` for a runtime that has to read what it executes, as gVisor.
        """
        # What may not be read cannot be traced, by the kernel's word beside the program's own.
        self._mode = 0o555 if readable else 0o111
        self._engine = engine
        self._image = image
        self._filling = threading.Lock()

    @property
    def volume(self) -> str:
        """UserError when the supervisor was not built."""
        with self._filling:
            return self._filled

    @cached_property
    def _filled(self) -> str:
        content = program().read_bytes()
        name = f"devops-agent-tools-{hashlib.sha256(content).hexdigest()[:16]}-{self._mode:o}"
        self._engine.create_volume(name)
        mount = {**_mount(name), "ReadOnly": False}
        reach = self._engine.create({"Image": self._image, "HostConfig": {"Mounts": [mount]}})
        try:
            if not self._engine.has_file(reach, SUPERVISOR):
                self._engine.put_file(reach, _FOLDER, _archive(content, self._mode))
        finally:
            self._engine.remove_container(reach)
        return name

    def mount(self) -> dict[str, Any]:
        return _mount(self.volume)


def _mount(volume: str) -> dict[str, Any]:
    return {
        "Type": "volume",
        "Source": volume,
        "Target": _FOLDER,
        "ReadOnly": True,
        "VolumeOptions": {"NoCopy": True},
    }


def _archive(content: bytes, mode: int) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        member = tarfile.TarInfo(_NAME)
        member.size, member.mode = len(content), mode
        tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()
