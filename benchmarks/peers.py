"""Others who run commands in containers, asked for the same: those that are there (`--group bench`)."""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import sysconfig
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec

Runs = Callable[[], float]  # one command, in ms

PATIENCE_S = 30.0
_PORT, _TOKEN = 8000, "bench"


@contextmanager
def swerex(image: str) -> Iterator[Runs | None]:
    """SWE-ReX: its HTTP server inside of a container, and its own client. None when it is not installed."""
    if find_spec("swerex") is None:
        yield None
        return
    from swerex.runtime.abstract import Command
    from swerex.runtime.remote import RemoteRuntime

    logging.disable(logging.INFO)
    container = _docker(
        *("run", "--detach", "--rm", "--env", "PYTHONPATH=/peer", "--entrypoint", "python3"),
        *("--volume", f"{sysconfig.get_path('purelib')}:/peer:ro", image),
        *("-m", "swerex.server", "--host", "0.0.0.0", "--port", str(_PORT), "--auth-token", _TOKEN),
    )
    loop = asyncio.new_event_loop()
    try:
        address = _docker("inspect", "--format", "{{.NetworkSettings.IPAddress}}", container)
        runtime = RemoteRuntime(auth_token=_TOKEN, host=f"http://{address}", port=_PORT, timeout=5.0)
        loop.run_until_complete(runtime.wait_until_alive(timeout=PATIENCE_S))

        def run() -> float:
            began = time.perf_counter()
            answer = loop.run_until_complete(runtime.execute(Command(command=["true"])))
            took = (time.perf_counter() - began) * 1000
            if answer.exit_code != 0:
                raise AssertionError(f"SWE-ReX answers {answer}.")
            return took

        yield run
    finally:
        loop.close()
        logging.disable(logging.NOTSET)
        _docker("rm", "--force", container)


@contextmanager
def mini_swe_agent(image: str) -> Iterator[Runs | None]:
    """mini-swe-agent's own Docker environment. None when it is not installed."""
    if find_spec("minisweagent") is None:
        yield None
        return
    os.environ.setdefault("MSWEA_SILENT_STARTUP", "1")
    from minisweagent.environments.docker import DockerEnvironment

    environment = DockerEnvironment(image=image)

    def run() -> float:
        began = time.perf_counter()
        answer = environment.execute({"command": "true"})
        took = (time.perf_counter() - began) * 1000
        if answer["returncode"] != 0:
            raise AssertionError(f"mini-swe-agent answers {answer}.")
        return took

    try:
        yield run
    finally:
        environment.cleanup()  # type: ignore[no-untyped-call,unused-ignore]


def _docker(*words: str) -> str:
    return subprocess.run(["docker", *words], check=True, capture_output=True, text=True).stdout.strip()
