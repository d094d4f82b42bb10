"""A stage: a playground GitHub, a Redis, our three processes on loopback: for demo, tests and benchmarks."""

from __future__ import annotations

import base64
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from bot.errors import Hiccup, UserError
from bot.ledger import Ledger
from bot.processes.supervise import PROCESSES, Command, Supervisor, command, kind, spawn
from bot.settings import PREFIX
from playground.driver import Driver
from playground.model.driver import ModelDriver
from playground.settings import fresh_key
from playground.slack.driver import SlackDriver
from playground.slack.settings import SlackSettings

START_S = 60.0  # a desk with a model takes seconds on a quiet machine, and more on its very first start
MODEL_KEY = "sk-canary-of-the-scripted-model"  # whoever finds it anywhere but at the desk found a leak

GENEROUS = """\
rates:
  person_commands: 100000
  repository_commands: 100000
  replies_an_hour: 100000
  replies_a_run: 100000
  same_reply_minutes: 0
"""


class Slack(StrEnum):
    """How Slack reaches us."""

    HTTP = "http"
    SOCKET = "socket"


@dataclass(frozen=True)
class Wanted:
    """What a stage is set up with. `settings` are our variables without their prefix."""

    folder: Path
    web_port: int = 0
    playground_port: int = 0
    names: tuple[str, ...] = tuple(PROCESSES)
    settings: Mapping[str, str] = field(default_factory=dict)
    command: Command = command  # how a process is started
    slack: Slack | None = None  # whether, and how, Slack is told of us
    model: bool = False  # whether desk is given a model that says what a script tells it


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
    slack: SlackDriver
    ledger_url: str
    redis: RedisServer
    webhook_secret: str
    folder: Path
    processes: Supervisor
    environment: Mapping[str, str]
    _model: ModelDriver | None = None

    @property
    def model(self) -> ModelDriver:
        """Whoever writes what the model says. Only on a stage that wanted one."""
        if self._model is None:
            raise LookupError("This stage has no model: set it up with Wanted(model=True).")
        return self._model

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
        app = _new_app(wanted)
        playground = _start_playground(wanted, app, web_url)
        stack.callback(_end, playground)
        model = stack.enter_context(_model(wanted)) if wanted.model else None
        environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith(PREFIX)},
            **(_model_variables(model) if model else {}),
            **(_slack_variables(wanted.slack, app) if wanted.slack else {}),
            **_variables(wanted, app, redis_url=redis.url, web_url=web_url),
        }
        processes = Supervisor(environment, wanted.names, logs=wanted.folder, command=wanted.command)
        for name in wanted.names:
            (wanted.folder / f"{name}.log").unlink(missing_ok=True)
        processes.start()
        stack.callback(processes.end)
        _wait_for_ready(wanted, processes)
        driver = stack.enter_context(Driver(app.url))
        slack = stack.enter_context(SlackDriver(app.url))
        _wait_for_playground(wanted, playground, driver)
        yield Stage(
            web_url=web_url,
            playground_url=app.url,
            driver=driver,
            slack=slack,
            ledger_url=environment[f"{PREFIX}LEDGER_URL"],
            redis=redis,
            webhook_secret=app.webhook_secret,
            folder=wanted.folder,
            processes=processes,
            environment=environment,
            _model=model,
        )


def _server_file(wanted: Wanted) -> Path:
    """A few people ask for everything on a stage, often in the same words."""
    file = wanted.folder / "generous.yml"
    file.write_text(GENEROUS)
    return file.resolve()


def _variables(wanted: Wanted, app: _App, *, redis_url: str, web_url: str) -> dict[str, str]:
    ours = {
        "STATE_DIR": str(wanted.folder / "state"),
        "LEDGER_URL": f"sqlite:///{(wanted.folder / 'ledger.db').resolve()}",
        "REDIS_URL": redis_url,
        "PUBLIC_URL": web_url,
        "HOST": "127.0.0.1",
        "PORT": web_url.rsplit(":", 1)[1],
        "GITHUB_WEBHOOK_SECRET": app.webhook_secret,
        "GITHUB_APP_ID": str(app.app_id),
        "GITHUB_APP_SLUG": app.slug,
        "GITHUB_PRIVATE_KEY_FILE": str(app.private_key),
        "GITHUB_API_URL": app.url,
        "GITHUB_URL": app.url,
        "GIT_ALLOW_LOOPBACK": "true",
        "GITHUB_WRITES_PER_MINUTE": "100000",  # the playground has no limits until they are switched on
        "SERVER_FILE": str(_server_file(wanted)),
        "HANDS_GRACE_S": "1",
        **wanted.settings,
    }
    return {f"{PREFIX}{name}": value for name, value in ours.items()}


@dataclass(frozen=True)
class _App:
    """Who we are in the playground. Decided before it starts, so that all can start at the same time."""

    url: str
    private_key: Path
    webhook_secret: str
    app_id: int = 4242
    slug: str = "devops-agent"
    client_secret: str = field(default_factory=lambda: secrets.token_hex(20))
    slack: SlackSettings = field(default_factory=SlackSettings)

    @property
    def client_id(self) -> str:
        return f"Iv23playground{self.app_id}"

    @property
    def playground_secrets(self) -> dict[str, str]:
        return {
            "WEBHOOK_SECRET": self.webhook_secret,
            "CLIENT_SECRET": self.client_secret,
            "SLACK_SIGNING_SECRET": self.slack.signing_secret,
            "SLACK_BOT_TOKEN": self.slack.bot_token,
            "SLACK_APP_TOKEN": self.slack.app_token,
            "SLACK_CLIENT_SECRET": self.slack.client_secret,
        }


def _new_app(wanted: Wanted) -> _App:
    key_file = wanted.folder / "app.pem"
    key_file.touch(mode=0o600)
    key_file.write_text(fresh_key())
    url = f"http://127.0.0.1:{wanted.playground_port or _free_port()}"
    return _App(url, key_file, secrets.token_hex(20))


def _start_playground(wanted: Wanted, app: _App, web_url: str) -> subprocess.Popen[bytes]:
    place = wanted.folder / "github"
    shutil.rmtree(place, ignore_errors=True)
    argv = [sys.executable, "-m", "playground", "--port", app.url.rsplit(":", 1)[1], "--state", str(place)]
    argv += ["--webhook-url", f"{web_url}/webhooks/github", "--slack-base", web_url]
    argv += ["--app-id", str(app.app_id), "--slug", app.slug, "--private-key", str(app.private_key)]
    with (wanted.folder / "playground.log").open("wb") as log:
        return spawn(argv, os.environ | app.playground_secrets, output=log)


def _slack_variables(how: Slack, app: _App) -> dict[str, str]:
    """One workspace by its token, and whatever others install us."""
    slack = app.slack
    ours = {
        "SLACK_API_URL": f"{app.url}/slack/api",
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_CLIENT_ID": slack.client_id,
        "SLACK_CLIENT_SECRET": slack.client_secret,
        "SLACK_TOKEN_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "GITHUB_CLIENT_ID": app.client_id,
        "GITHUB_CLIENT_SECRET": app.client_secret,
    }
    if how is Slack.SOCKET:
        ours["SLACK_APP_TOKEN"] = slack.app_token
    else:
        ours["SLACK_SIGNING_SECRET"] = slack.signing_secret
    return {f"{PREFIX}{name}": value for name, value in ours.items()}


@contextmanager
def _model(wanted: Wanted) -> Iterator[ModelDriver]:
    port = _free_port()
    argv = [sys.executable, "-m", "playground.model", "--port", str(port)]
    with (wanted.folder / "model.log").open("wb") as log:
        process = spawn(argv, os.environ | {"MODEL_KEY": MODEL_KEY}, output=log)
    try:
        with ModelDriver(f"http://127.0.0.1:{port}") as driver:
            driver.until_up(lambda: process.poll() is None)
            yield driver
    finally:
        _end(process)


def _model_variables(model: ModelDriver) -> dict[str, str]:
    ours = {"MODEL": "openai/scripted", "MODEL_API_BASE": model.api_base, "MODEL_API_KEY": MODEL_KEY}
    return {f"{PREFIX}{name}": value for name, value in ours.items()}


def _wait_for_playground(wanted: Wanted, playground: subprocess.Popen[bytes], driver: Driver) -> None:
    try:
        driver.until_up(lambda: playground.poll() is None)
    except TimeoutError as error:
        said = _end_of(wanted.folder / "playground.log")
        raise Hiccup(f"The playground did not start. It said:\n{said}") from error


def _wait_for_ready(wanted: Wanted, processes: Supervisor) -> None:
    deadline = time.monotonic() + START_S
    for name in wanted.names:
        log = wanted.folder / f"{name}.log"
        while f"{kind(name)}.ready" not in log.read_text(errors="replace"):
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
