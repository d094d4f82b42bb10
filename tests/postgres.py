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
    """A running server. `url()` is a new empty database."""

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
        options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
        control = str(programs / "pg_ctl")
        run(control, "-D", str(data), "-o", options, "-w", "-l", str(folder / "log"), "start")
        try:
            yield Postgres(programs, folder, as_user)
        finally:
            run(control, "-D", str(data), "-m", "immediate", "-w", "stop")
