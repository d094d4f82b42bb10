"""A Docker engine of the test's own, which may go away and come back without anybody else noticing."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

START_S = 60.0
IMAGE = "devops-agent/sandbox:latest"


@dataclass
class Engine:
    """`dockerd` in a network of its own: one that starts without a bridge takes the host's away."""

    folder: Path
    options: tuple[str, ...] = ()
    _process: subprocess.Popen[bytes] | None = None
    _home: subprocess.Popen[bytes] | None = None  # keeps the namespaces, with all mounts, while nobody is in

    @property
    def address(self) -> str:
        return f"unix://{self.folder / 'docker.sock'}"

    def start(self) -> None:
        """Returns when it answers."""
        if self._home is None:
            self._home = subprocess.Popen(
                ["unshare", "--net", "--mount", "sh", "-c", "echo in && exec sleep infinity"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
            )
            assert self._home.stdout is not None
            self._home.stdout.readline()
        argv = ["nsenter", "--net", "--mount", f"--target={self._home.pid}", "dockerd"]
        argv += [
            "--host",
            self.address,
            "--data-root",
            str(self.folder / "data"),
            "--exec-root",
            str(self.folder / "exec"),
        ]
        argv += ["--pidfile", str(self.folder / "dockerd.pid"), "--shutdown-timeout", "2"]
        argv += ["--bridge", "none", "--iptables=false", "--ip6tables=false", "--ip-forward=false"]
        argv += self.options
        (self.folder / "dockerd.pid").unlink(missing_ok=True)
        with (self.folder / "dockerd.log").open("ab") as log:
            self._process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + START_S
        while self._asks("version").returncode != 0:
            if time.monotonic() > deadline or self._process.poll() is not None:
                said = (self.folder / "dockerd.log").read_text(errors="replace")[-2000:]
                raise AssertionError(f"The engine did not start. It said:\n{said}")
            time.sleep(0.05)

    def end(self) -> None:
        """As the machine's service manager ends it: its containers end with it."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(30)
            self._process = None

    def leave(self) -> None:
        """End it for good."""
        self.end()
        if self._home is not None:
            self._home.kill()
            self._home.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def dies(self) -> None:
        """Without a moment to end anything: what ran in it may still run, and nobody looks after it."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(30)
        self._process = None
        # Its containerd dies with it. Where nobody reaps that one, the next engine would take it for alive.
        (self.folder / "exec/containerd/containerd.pid").unlink(missing_ok=True)

    @contextmanager
    def away(self) -> Iterator[None]:
        self.end()
        try:
            yield
        finally:
            self.start()

    def gets_the_image(self) -> None:
        """From the machine's own engine."""
        with subprocess.Popen(["docker", "save", IMAGE], stdout=subprocess.PIPE) as saved:
            subprocess.run(
                ["docker", "load", "-q"], stdin=saved.stdout, env=self._own, check=True, capture_output=True
            )

    def loses_the_image(self) -> None:
        told = self._asks("rmi", "--force", IMAGE)
        assert told.returncode == 0, told.stderr

    @property
    def _own(self) -> dict[str, str]:
        return {**os.environ, "DOCKER_HOST": self.address}

    def _asks(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["docker", *words], env=self._own, capture_output=True, text=True, check=False, timeout=60
        )


@contextmanager
def engine(*options: str) -> Iterator[Engine]:
    """A running engine with the sandbox image, started with these options. Needs root."""
    folder = Path(tempfile.mkdtemp(prefix="engine-", dir="/tmp"))  # a socket's path must be short
    folder.chmod(0o711)  # a remapped root has to pass
    own = Engine(folder, options)
    try:
        own.start()
        own.gets_the_image()
        yield own
    finally:
        own.leave()
