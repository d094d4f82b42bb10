"""A commit of any size in a running box within milliseconds: an overlay, mounted into its containers.

Only where hands are root beside the engine. Below lie the commit's files, which nobody changes; above, in
memory and sized, what the run writes. The mount is made in a namespace that only one thread of ours is in,
and moved from there into those of the containers: this machine never has it, and it goes with them.
"""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from bot.limits import Limits
from runners.git.archive import OWNER
from runners.supervisor.inside import WORKSPACE

_LIBC = ctypes.CDLL(None, use_errno=True)
_OPEN_TREE, _MOVE_MOUNT, _FSOPEN, _FSCONFIG, _FSMOUNT = 428, 429, 430, 431, 432  # on every architecture
_CLONE_FS, _CLONE_NEWNS = 0x200, 0x20000
_MS_REC, _MS_PRIVATE = 0x4000, 0x40000
_CLOEXEC, _CLONE, _FROM_EMPTY_PATH = 0o2000000, 1, 4
_SET_STRING, _CREATE = 1, 6
_NOSUID_NODEV = 2 | 4


class CannotMountError(Exception):
    """This machine does not let us. Why is in its text."""


class Workspace:
    """A work tree that can be shown to containers. All of it raises CannotMountError."""

    def __init__(self, tree: Path, limits: Limits) -> None:
        self._namespace = -1  # that in which the mount was made
        self._shown = tree.parent / "above" / "shown"
        with suppress(FileExistsError):
            self._shown.parent.mkdir()  # covered for whoever is in that namespace, always empty for others
        _in_a_thread(lambda: self._make(tree, limits))

    def show(self, pid: int, container: str) -> None:
        """Let it appear in the container, whose first process that is."""
        if not _is_of(pid, container):
            raise CannotMountError("The engine's processes are not this machine's.")
        _in_a_thread(lambda: self._show(pid))

    def close(self) -> None:
        """Containers that see it keep it."""
        os.close(self._namespace)

    def _make(self, tree: Path, limits: Limits) -> None:
        place = self._shown.parent
        _call(_LIBC.unshare, _CLONE_FS | _CLONE_NEWNS)
        _call(_LIBC.mount, None, b"/", None, _MS_REC | _MS_PRIVATE, None)
        memory = _filesystem("tmpfs", size=f"{limits.workspace_mb}m", mode="0711")
        _move(memory, os.fsencode(place))
        os.close(memory)
        os.chdir(place)
        for name in ("upper", "work"):
            os.mkdir(name, 0o755)
            os.chown(name, OWNER, OWNER)
        os.mkdir("shown")
        # Relative names: a box can read the options of its mounts, and learns nothing from these.
        os.symlink(tree, "lower")
        # Without redirect_dir nobody could rename(2) a folder of the commit.
        layers = {"lowerdir": "lower", "upperdir": "upper", "workdir": "work", "redirect_dir": "on"}
        overlay = _filesystem("overlay", source="workspace", **layers)
        _move(overlay, b"shown")
        os.close(overlay)
        self._namespace = os.open("/proc/thread-self/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)

    def _show(self, pid: int) -> None:
        theirs = os.open(f"/proc/{pid}/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
        copy = -1
        try:
            _call(_LIBC.unshare, _CLONE_FS)
            _call(_LIBC.setns, self._namespace, _CLONE_NEWNS)
            copy = _syscall(_OPEN_TREE, -100, os.fsencode(self._shown), _CLONE | _CLOEXEC)
            _call(_LIBC.setns, theirs, _CLONE_NEWNS)
            _move(copy, WORKSPACE.encode())
        finally:
            os.close(theirs)
            if copy >= 0:
                os.close(copy)


def _is_of(pid: int, container: str) -> bool:
    """Whether that process is of that container: its number may be that of another machine."""
    try:
        return container in Path(f"/proc/{pid}/cgroup").read_text()
    except OSError:
        return False


def _filesystem(kind: str, **options: str) -> int:
    """A new mount that is nowhere yet."""
    context = _syscall(_FSOPEN, kind.encode(), 1)
    try:
        for name, value in options.items():
            _syscall(_FSCONFIG, context, _SET_STRING, name.encode(), value.encode(), 0)
        _syscall(_FSCONFIG, context, _CREATE, None, None, 0)
        return _syscall(_FSMOUNT, context, 1, _NOSUID_NODEV)
    finally:
        os.close(context)


def _move(mount: int, place: bytes) -> None:
    _syscall(_MOVE_MOUNT, mount, b"", -100, place, _FROM_EMPTY_PATH)


def _syscall(number: int, *arguments: object) -> int:
    return _call(_LIBC.syscall, number, *arguments)


def _call(function: Callable[..., int], *arguments: object) -> int:
    result = function(*arguments)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def _in_a_thread(act: Callable[[], None]) -> None:
    """Namespaces and the working directory are a thread's: one that ends after this has changed nothing."""
    failed: list[OSError] = []

    def run() -> None:
        try:
            act()
        except OSError as error:
            failed.append(error)

    thread = threading.Thread(target=run, name="mounting")
    thread.start()
    thread.join()
    if failed:
        raise CannotMountError(f"{failed[0].strerror}.") from failed[0]
