"""Puts the doors of one playground together and serves them on 127.0.0.1."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from playground.contract import Contract
from playground.control import PREFIX, ControlDoor
from playground.driver import Driver
from playground.github.actions import LINKS, LogsDoor
from playground.github.faults import Faults
from playground.github.git_http import GitDoor, split_path
from playground.github.hooks import Hooks
from playground.github.limits import Limits
from playground.github.rest import RestDoor
from playground.github.sign_in import SIGN_IN, SignInDoor
from playground.github.state import World
from playground.listening import HOST, listen, server_for
from playground.pages import PagesDoor
from playground.seeds import SEEDS
from playground.settings import Credentials, Settings, write_credentials
from playground.slack.door import SlackDoor
from playground.slack.state import SlackWorld
from playground.wire import Asgi, Receive, Scope, Send, headers_of, send_answer


def _from_elsewhere(scope: Scope) -> bool:
    """A browser says where a form or script came from; only the playground's own pages may act in it."""
    headers = headers_of(scope) if scope["method"] != "GET" else {}
    origin = headers.get("origin")
    return origin is not None and origin != f"http://{headers.get('host')}"


def _by_name(scope: Scope, world: World) -> Scope:
    """`/repositories/ID/…`, where GitHub's redirects lead, is `/repos/owner/name/…`."""
    raw: str = scope["raw_path"].partition(b"?")[0].decode("latin-1")
    number, slash, rest = raw.removeprefix("/repositories/").partition("/")
    found = next((repo for repo in world.repositories.values() if str(repo.id) == number), None)
    if not raw.startswith("/repositories/") or found is None:
        return scope
    path = f"/repos/{found.full_name}{slash}{rest}"
    return {**scope, "path": unquote(path), "raw_path": path.encode("latin-1")}


class PlaygroundApp:
    """One ASGI app: git, REST, control API and pages, told apart by path."""

    def __init__(self, settings: Settings, folder: Path, url: str) -> None:
        self.settings = settings
        hooks = Hooks(url=settings.webhook_url, secret=settings.webhook_secret, app_id=settings.app_id)
        self.world = World(folder, url=url, hooks=hooks, limits=Limits(), faults=Faults())
        hooks.on_change = self.world.changed
        self._git = GitDoor(self.world)
        self._control = ControlDoor(self.world, self.reset)
        self._pages = PagesDoor(self.world)
        self._logs = LogsDoor(self.world)
        self._sign_in = SignInDoor(self.world)
        self._slack = SlackDoor(SlackWorld(settings.slack, url))
        rest = RestDoor(self.world)
        self._rest: Asgi = Contract(rest, self.world.record_broken_contract) if settings.strict else rest
        self._deliverer: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "websocket" or self._slack.knows(scope["path"]):
            await self._slack(scope, receive, send)
        elif scope["type"] == "http" and _from_elsewhere(scope):
            await send_answer(send, 403, {}, b"Another web page may not act here.")
        elif scope["type"] == "http":
            scope = _by_name(scope, self.world)
            try:
                await self._door(scope)(scope, receive, send)
            except Exception as error:  # a bug of ours: it flies on, but no test may pass over it
                self.world.record_broken_contract("answer", scope["path"], f"crashed: {error!r}")
                raise

    def _door(self, scope: Scope) -> Asgi:
        path: str = scope["path"]
        if path.startswith(PREFIX):
            return self._control
        if path.startswith(LINKS):
            return self._logs
        if path.startswith(SIGN_IN):
            return self._sign_in
        if split_path(path):
            return self._git
        return self._pages if self._pages.knows(path) else self._rest

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        self._deliverer = asyncio.create_task(self.world.hooks.run())
        self._seed()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._slack.stop()
        self._deliverer.cancel()
        await asyncio.gather(self._deliverer, return_exceptions=True)
        await send({"type": "lifespan.shutdown.complete"})

    def reset(self) -> None:
        """Back to the seed, with nothing injected and nothing recorded."""
        for repo in self.world.repositories.values():
            repo.store.close()
        self.world.forget_everything()
        self.world.limits = Limits()
        self.world.faults.clear()
        self.world.hooks.forget()
        self._slack.reset()
        self._seed()

    def _seed(self) -> None:
        # What was there at the beginning happened before anybody listened.
        url, self.world.hooks.url = self.world.hooks.url, None
        SEEDS[self.settings.seed](self.world, self.settings)
        self.world.hooks.url = url


@dataclass(frozen=True, slots=True)
class Playground:
    """A running playground: where it is, how to be its App, and somebody to act in it."""

    url: str
    credentials: Credentials
    driver: Driver
    folder: Path


@contextlib.contextmanager
def _folder(settings: Settings) -> Iterator[Path]:
    if settings.state is not None:
        settings.state.mkdir(parents=True, exist_ok=True)
        yield settings.state.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="playground-", ignore_cleanup_errors=True) as name:
        yield Path(name)


@contextlib.contextmanager
def serve(settings: Settings | None = None) -> Iterator[Playground]:
    """A playground in a thread of this process, for as long as the context lasts."""
    settings = settings or Settings()
    with _folder(settings) as folder, listen(settings.port) as sock:
        url = f"http://{HOST}:{sock.getsockname()[1]}"
        server = server_for(PlaygroundApp(settings, folder, url))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
        credentials = write_credentials(settings, folder, url)
        thread.start()
        try:
            with Driver(url) as driver:
                driver.until_up(thread.is_alive)
                yield Playground(url, credentials, driver, folder)
        finally:
            server.should_exit = True
            thread.join(10)


def run(settings: Settings) -> None:
    """A playground in this process, until it is told to stop."""
    with _folder(settings) as folder, listen(settings.port) as sock:
        url = f"http://{HOST}:{sock.getsockname()[1]}"
        write_credentials(settings, folder, url)
        print(f"playground: {url} (state in {folder})", flush=True)
        server_for(PlaygroundApp(settings, folder, url)).run(sockets=[sock])
