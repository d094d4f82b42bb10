"""A box of bubblewrap: a folder of this machine, and supervisors in namespaces of their own on it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from bot.errors import Hiccup, UserError
from bot.limits import Limits
from runners.local.wire import Wire
from runners.supervisor.conversation import Conversation, LostError
from runners.supervisor.inside import ENV, HOME, OPEN_FILES, SCRATCH, SUPERVISOR, WORKSPACE
from runners.supervisor.program import program
from runners.supervisor.protocol import Start

GREETING_S = 10.0
MIB = 1024 * 1024
_PATH = "/usr/local/bin:/usr/bin:/bin"
EMPTY_S = 60.0
_EMPTY = ("sh", "-c", 'chmod -R u+rwx "$@"; find "$@" -mindepth 1 -delete', "sh", WORKSPACE, HOME, SCRATCH)
_SEEN_OF_ETC = ("alternatives", "ld.so.cache", "ssl", "ca-certificates", "python3", "python3.11")
_ETC = {
    "passwd": "agent:x:1000:1000::/home/agent:/bin/sh\n",
    "group": "agent:x:1000:\n",
    "hosts": "127.0.0.1 localhost box\n",
    "gitconfig": "[safe]\n\tdirectory = *\n[init]\n\tdefaultBranch = main\n",
}


class Lane:
    """One supervisor, the first process of a namespace of its own."""

    def __init__(self, argv: Sequence[str]) -> None:
        told, tell = os.pipe()
        ours_out, theirs_out = os.pipe()
        theirs_in, ours_in = os.pipe()
        try:
            self._process = subprocess.Popen(
                [*argv[:-1], "--json-status-fd", str(tell), "--", argv[-1]],
                stdin=theirs_in,
                stdout=theirs_out,
                stderr=subprocess.DEVNULL,
                pass_fds=(tell,),
                env={"PATH": os.environ["PATH"]},
            )
        finally:
            for end in (tell, theirs_out, theirs_in):
                os.close(end)
        with os.fdopen(told) as status:
            first = status.readline()
        self._first = _held(int(json.loads(first)["child-pid"])) if first else None
        self.talk = Conversation(Wire(ours_out, ours_in))

    def end(self) -> None:
        if self._first is not None:
            # The kernel ends a namespace with its first process, and bubblewrap waits for that one.
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._first, signal.SIGKILL)
        self._process.wait()

    def forget(self) -> None:
        """It has ended, and nobody asks for it again."""
        self.talk.close()
        if self._first is not None:
            os.close(self._first)
            self._first = None


def _held(pid: int) -> int | None:
    """That very process, whatever its number is given to later; None when it has ended already."""
    try:
        return os.pidfd_open(pid)
    except ProcessLookupError:
        return None


class Shell:
    """`folder` is the box's own, empty, and removed by whoever made it."""

    def __init__(self, folder: Path, limits: Limits) -> None:
        self._folder = folder
        self._limits = limits
        self._prepare()
        self.keeper = self._started()
        self.lanes = [self._started()]

    def remarks(self) -> tuple[str, ...]:
        return ()

    def new_lane(self, image: str | None, *, private: bool = False) -> Lane:
        if private:
            raise UserError("A box without Docker is given no secrets. Leave `secrets` out, or start Docker.")
        if image is not None:
            raise UserError("A box without Docker has no images. Leave `image` out, or start Docker.")
        lane = self._started()
        self.lanes.append(lane)
        return lane

    def close(self) -> None:
        """Everything in it is dead, and what its steps wrote is gone."""
        for lane in self.lanes:
            lane.talk.close()
            lane.end()
        with suppress(LostError):
            # By the keeper, who sees nothing else: links and shut folders lead whoever removes them astray.
            self.keeper.talk.perform(
                Start(_EMPTY, WORKSPACE, {}, EMPTY_S), lambda pieces: list(pieces).clear()
            )
        self.keeper.talk.close()
        self.keeper.end()

    def _prepare(self) -> None:
        for name in ("workspace", "home", "tmp", "etc"):
            (self._folder / name).mkdir()
        for name, content in _ETC.items():
            (self._folder / "etc" / name).write_text(content)
        copy = self._folder / "supervisor"
        copy.write_bytes(program().read_bytes())
        copy.chmod(0o111)  # what may not be read cannot be traced

    def _started(self) -> Lane:
        lane = Lane(self._argv())
        try:
            lane.talk.greeted(GREETING_S)
        except LostError as silence:
            lane.end()
            lane.forget()
            raise Hiccup(
                "bubblewrap could not open a box: this machine may forbid user namespaces to ordinary users. "
                "Allow them (`sysctl kernel.unprivileged_userns_clone=1`), or start Docker."
            ) from silence
        return lane

    def _argv(self) -> list[str]:
        """`prlimit` and `bwrap`, ending in the program to run."""
        own = self._folder
        words = [
            *(
                "prlimit",
                "--core=0",
                f"--nofile={OPEN_FILES}",
                f"--fsize={self._limits.workspace_mb * MIB}",
                "--",
            ),
            *("bwrap", "--unshare-all", "--unshare-user", "--uid", "1000", "--gid", "1000"),
            *("--hostname", "box", "--cap-drop", "ALL", "--new-session", "--die-with-parent", "--as-pid-1"),
            "--clearenv",
        ]
        for name, value in {"PATH": _PATH, **ENV}.items():
            words += ["--setenv", name, value]
        words += ["--ro-bind", "/usr", "/usr"]
        for name in ("bin", "lib", "lib64", "sbin"):
            words += ["--symlink", f"usr/{name}", f"/{name}"]
        words += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/run/look"]
        for name in _SEEN_OF_ETC:
            words += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
        for name in _ETC:
            words += ["--ro-bind", str(own / "etc" / name), f"/etc/{name}"]
        words += ["--ro-bind", str(own / "supervisor"), SUPERVISOR]
        for name, place in (("workspace", WORKSPACE), ("home", HOME), ("tmp", SCRATCH)):
            words += ["--bind", str(own / name), place]
        return [*words, "--chdir", WORKSPACE, SUPERVISOR]
