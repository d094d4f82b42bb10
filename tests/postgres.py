"""A Postgres of our own on a socket: initialised once, a fresh database for each ledger."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

_numbers = count(1)


def _programs() -> Path:
    """Debian keeps them out of PATH, a folder for each version."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    on_path = shutil.which("postgres")
    if not found and on_path is None:
        raise FileNotFoundError("Postgres is not installed. Run `scripts/setup test`.")
    return found[-1].parent if found else Path(str(on_path)).parent


class Postgres:
    """A server. `url()` is a new empty database."""

    def __init__(self, programs: Path, folder: Path, as_user: list[str]) -> None:
        self._programs, self._folder, self._as_user = programs, folder, as_user

    def url(self) -> str:
        name = f"ledger{next(_numbers)}"
        argv = [
            *self._as_user,
            str(self._programs / "createdb"),
            "-h",
            str(self._folder),
            "-U",
            "postgres",
            name,
        ]
        subprocess.run(argv, check=True, capture_output=True, cwd="/")
        return f"postgresql://postgres@/{name}?host={self._folder}"

    def start(self) -> None:
        options = f"-c listen_addresses='' -c unix_socket_directories={self._folder} -c fsync=off"
        self._control("-o", options, "-l", str(self._folder / "log"), "start")

    def stop(self, mode: str = "fast") -> None:
        """`fast` ends every connection first, `immediate` is a crash."""
        self._control("-m", mode, "stop")

    @contextmanager
    def away(self) -> Iterator[None]:
        self.stop()
        try:
            yield
        finally:
            self.start()

    def _control(self, *words: str) -> None:
        data = str(self._folder / "data")
        argv = [*self._as_user, str(self._programs / "pg_ctl"), "-D", data, "-w", *words]
        subprocess.run(argv, check=True, capture_output=True, cwd="/")


@contextmanager
def postgres() -> Iterator[Postgres]:
    programs = _programs()
    as_user: list[str] = []
    with tempfile.TemporaryDirectory(prefix="pg-", dir="/tmp") as name:
        folder = Path(name)
        if os.geteuid() == 0:  # Postgres refuses to run as root
            as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
            os.chown(folder, pwd.getpwnam("postgres").pw_uid, pwd.getpwnam("postgres").pw_gid)
        data = folder / "data"

        def run(*argv: str) -> None:
            subprocess.run([*as_user, *argv], check=True, capture_output=True, cwd="/")

        run(str(programs / "initdb"), "-D", str(data), "-U", "postgres", "--auth=trust", "--no-sync")
        server = Postgres(programs, folder, as_user)
        server.start()
        try:
            yield server
        finally:
            server.stop("immediate")
