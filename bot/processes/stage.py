"""A stage: a playground GitHub, a Redis, our three processes on loopback: for demo, tests and benchmarks."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bot.errors import Hiccup, UserError
from bot.ledger import Ledger
from bot.processes.supervise import PROCESSES, Supervisor, spawn
from bot.settings import PREFIX
from playground.driver import Driver

START_S = 30.0


@dataclass(frozen=True)
class Wanted:
    """What a stage is set up with. `settings` are our variables without their prefix."""

    folder: Path
    web_port: int = 0
    playground_port: int = 0
    names: tuple[str, ...] = tuple(PROCESSES)
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass
class RedisServer:
    """A Redis of our own on a socket that only we can open. It forgets all when it ends."""

    folder: Path
    log: Path
    _process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"unix://{self._socket}"

    @property
    def _socket(self) -> Path:
        return self.folder / "redis.sock"

    def start(self) -> None:
        """Returns when it answers. UserError when it is not installed."""
        program = shutil.which("redis-server")
        if program is None:
            raise UserError(
                "redis-server is not installed. Run `make setup`, or `apt-get install redis-server`."
            )
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self._socket.unlink(missing_ok=True)
        argv = [program, "--port", "0", "--unixsocket", str(self._socket), "--unixsocketperm", "700"]
        argv += ["--save", "", "--dir", str(self.folder)]
        with self.log.open("ab") as log:
            self._process = spawn(argv, os.environ, output=log)
        _wait_until(self._socket.exists, self._process, "Redis", self.log)

    def end(self) -> None:
        if self._process is not None:
            _end(self._process)


@dataclass(frozen=True)
class Stage:
    """Everything runs. `driver` acts as the people of the playground."""

    web_url: str
    playground_url: str
    driver: Driver
    ledger_url: str
    redis: RedisServer
    webhook_secret: str
    folder: Path
    processes: Supervisor
    environment: Mapping[str, str]

    def ledger(self) -> Ledger:
        return Ledger(self.ledger_url)


@contextmanager
def stage(wanted: Wanted) -> Iterator[Stage]:
    """Start all, wait until all are ready, end all. UserError when a program is missing."""
    wanted.folder.mkdir(parents=True, exist_ok=True)
    web_port = wanted.web_port or _free_port()
    web_url = f"http://127.0.0.1:{web_port}"
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, wanted.folder / "github", ignore_errors=True)
        redis = RedisServer((wanted.folder / "redis").resolve(), wanted.folder / "redis.log")
        stack.callback(redis.end)
        redis.start()
        github = _start_playground(wanted, f"{web_url}/webhooks/github", stack)
        environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith(PREFIX)},
            **_variables(wanted, github, redis_url=redis.url, web_url=web_url),
        }
        processes = Supervisor(environment, wanted.names, logs=wanted.folder)
        for name in wanted.names:
            (wanted.folder / f"{name}.log").unlink(missing_ok=True)
        processes.start()
        stack.callback(processes.end)
        _wait_for_ready(wanted, processes)
        driver = stack.enter_context(Driver(github["url"]))
        yield Stage(
            web_url=web_url,
            playground_url=github["url"],
            driver=driver,
            ledger_url=environment[f"{PREFIX}LEDGER_URL"],
            redis=redis,
            webhook_secret=github["webhook_secret"],
            folder=wanted.folder,
            processes=processes,
            environment=environment,
        )


def _variables(wanted: Wanted, github: Mapping[str, str], *, redis_url: str, web_url: str) -> dict[str, str]:
    ours = {
        "STATE_DIR": str(wanted.folder / "state"),
        "LEDGER_URL": f"sqlite:///{(wanted.folder / 'ledger.db').resolve()}",
        "REDIS_URL": redis_url,
        "PUBLIC_URL": web_url,
        "HOST": "127.0.0.1",
        "PORT": web_url.rsplit(":", 1)[1],
        "GITHUB_WEBHOOK_SECRET": github["webhook_secret"],
        "GITHUB_APP_ID": str(github["app_id"]),
        "GITHUB_APP_SLUG": github["slug"],
        "GITHUB_PRIVATE_KEY_FILE": github["private_key_path"],
        "GITHUB_API_URL": github["url"],
        "GITHUB_URL": github["url"],
        "GIT_ALLOW_LOOPBACK": "true",
        "HANDS_GRACE_S": "1",
        **wanted.settings,
    }
    return {f"{PREFIX}{name}": value for name, value in ours.items()}


def _start_playground(wanted: Wanted, webhook_url: str, stack: ExitStack) -> dict[str, str]:
    place = wanted.folder / "github"
    shutil.rmtree(place, ignore_errors=True)
    credentials = place / "credentials.json"
    argv = [sys.executable, "-m", "playground", "--port", str(wanted.playground_port)]
    argv += ["--state", str(place), "--webhook-url", webhook_url]
    with (wanted.folder / "playground.log").open("wb") as log:
        process = spawn(argv, os.environ, output=log)
    stack.callback(_end, process)
    _wait_until(credentials.exists, process, "The playground", wanted.folder / "playground.log")
    found: dict[str, str] = json.loads(credentials.read_text())
    with Driver(found["url"]) as driver:
        driver.until_up(lambda: process.poll() is None)
    return found


def _wait_for_ready(wanted: Wanted, processes: Supervisor) -> None:
    deadline = time.monotonic() + START_S
    for name in wanted.names:
        log = wanted.folder / f"{name}.log"
        while f"{name}.ready" not in log.read_text(errors="replace"):
            if time.monotonic() > deadline or not processes.alive():
                said = "\n".join(f"{each}: {_end_of(wanted.folder / f'{each}.log')}" for each in wanted.names)
                raise Hiccup(f"{name} did not start. This was said:\n{said}")
            time.sleep(0.02)
    if "web" in wanted.names:
        _wait_for_port(int(processes.environment[f"{PREFIX}PORT"]), deadline)


def _wait_for_port(port: int, deadline: float) -> None:
    """web says that it is ready a moment before it listens."""
    while time.monotonic() < deadline:
        with socket.socket() as sock:
            if sock.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise Hiccup(f"web does not listen on port {port}.")


def _wait_until(there: Callable[[], bool], process: subprocess.Popen[bytes], who: str, log: Path) -> None:
    deadline = time.monotonic() + START_S
    while not there():
        if process.poll() is not None or time.monotonic() > deadline:
            raise Hiccup(f"{who} did not start. It said:\n{_end_of(log)}")
        time.sleep(0.01)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _end_of(log: Path) -> str:
    return log.read_text(errors="replace")[-2000:] if log.exists() else "nothing."


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])
