"""The small world of the stories: one shop on a local GitHub, its people, our three processes, real Docker.

Each story has a repository of its own, with a failing test and an open pull request #1 that brings it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import signal
import sqlite3
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import httpx
from redis import Redis
from sqlalchemy import select

from bot.ids import RunId
from bot.ledger import Ledger
from bot.ledger.engine import open_engine, reading
from bot.ledger.schema import metadata
from bot.processes.stage import Stage
from bot.runs import Run
from playground.seeds import DISCOUNTS, FEATURE, ROLES, SHOP

Json = dict[str, Any]
T = TypeVar("T")

PATIENCE_S = 90.0
LOOK_S = 0.05
_numbers = count(1)


@dataclass(frozen=True)
class World:
    """What people do (`comments`, `pushes`, …) and what they see, in one repository."""

    stage: Stage
    ledger: Ledger
    repo: str
    patience_s: float = PATIENCE_S

    @property
    def owner(self) -> str:
        return self.repo.partition("/")[0]

    # --- acts -------------------------------------------------------------------------------------------

    def comments(self, text: str, *, by: str = "writer-will", on: int = 1) -> Json:
        return self.stage.driver.comments(text, on=on, by=by, repo=self.repo)

    def pushes(self, files: dict[str, str | None], *, branch: str = FEATURE) -> Json:
        return self.stage.driver.pushes(files, branch=branch, repo=self.repo)

    def configures(self, text: str) -> None:
        """`.github/agent.yml` on the default branch."""
        self.stage.driver.pushes({".github/agent.yml": text}, branch="main", repo=self.repo)

    def edits(self, comment: Json, text: str, *, by: str = "writer-will") -> Json:
        return self.stage.driver.edits(comment["id"], text, by=by)

    def reviews(self, text: str, *, by: str = "writer-will") -> Json:
        """A comment on the first line of `shop/prices.py` in pull request #1."""
        return self.stage.driver.comments_on_line(text, "shop/prices.py", by=by, repo=self.repo)

    def gives(self, user: str, role: str) -> None:
        self.stage.driver.sets_role(user, role, repo=self.repo)

    def owned_by(self, owner: str) -> World:
        """The same shop once more, under another owner."""
        return new_world(self.stage, self.ledger, owner=f"{owner}-{next(_numbers)}")

    def makes_private(self) -> None:
        """From now on only its people can see the repository."""
        self.stage.driver.makes_private(repo=self.repo)

    def opens_issue(self, title: str = "An idea") -> int:
        return int(self.stage.driver.opens_issue(title, repo=self.repo)["number"])

    def describes(self, text: str, *, pull: int = 1) -> None:
        """Another text of a pull request, through GitHub's API."""
        token = self.stage.driver.token(repo=self.repo)
        url = f"{self.stage.playground_url}/repos/{self.repo}/pulls/{pull}"
        headers = {"Authorization": f"Bearer {token}"}
        httpx.patch(url, json={"body": text}, headers=headers, trust_env=False).raise_for_status()

    def opens_pull_from_a_fork(self) -> int:
        """Somebody else's pull request, from their own fork, with one more file. Returns its number."""
        driver = self.stage.driver
        fork = driver.forks(f"forker-{self.repo.rpartition('-')[2]}", repo=self.repo)["name"]
        owner = fork.partition("/")[0]
        driver.pushes({"gift.txt": "for you\n"}, branch="gift", by=owner, repo=fork)
        return int(driver.opens_pull(f"{owner}:gift", by=owner, repo=self.repo)["number"])

    def sends(
        self, payload: Json, *, event: str = "issue_comment", guid: str = "", key: str = ""
    ) -> httpx.Response:
        """A delivery by hand, signed as GitHub signs, or with another `key`."""
        body = json.dumps(payload).encode()
        signature = hmac.new((key or self.stage.webhook_secret).encode(), body, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "X-GitHub-Event": event,
            "X-GitHub-Delivery": guid or str(uuid.uuid4()),
            "X-Hub-Signature-256": f"sha256={signature}",
        }
        address = f"{self.stage.web_url}/webhooks/github"
        return httpx.post(address, content=body, headers=headers, timeout=30, trust_env=False)

    def web_listens(self) -> bool:
        """Whether web answers at all, as a moment after its start it does not."""
        try:
            return httpx.get(f"{self.stage.web_url}/healthz", timeout=5, trust_env=False).is_success
        except httpx.TransportError:
            return False

    # --- accidents --------------------------------------------------------------------------------------

    @contextmanager
    def paused(self, process: str) -> Iterator[None]:
        """One of our processes stands still meanwhile, and not in the middle of a write: that would hold up
        all who write to SQLite, which is another accident (tests/faults/test_ledger.py)."""
        pid = self.stage.processes.pid(process)
        os.kill(pid, signal.SIGSTOP)
        while not self._others_can_write():
            os.kill(pid, signal.SIGCONT)
            time.sleep(LOOK_S)
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def _others_can_write(self) -> bool:
        scheme, _, file = self.stage.ledger_url.partition(":///")
        if scheme != "sqlite":
            return True
        with closing(
            sqlite3.connect(f"/{file.lstrip('/')}", timeout=1.0, isolation_level=None)
        ) as connection:
            try:
                connection.executescript("BEGIN IMMEDIATE; ROLLBACK")
            except sqlite3.OperationalError:
                return False
            return True

    @contextmanager
    def down(self, process: str) -> Iterator[None]:
        """One of our processes is away meanwhile."""
        self.stage.processes.end_one(process)
        try:
            yield
        finally:
            self.stage.processes.start_one(process)

    def loses(self, process: str) -> None:
        """One of our processes is killed in the middle of whatever it does, and another is started."""
        self.stage.processes.kill_one(process)
        self.stage.processes.start_one(process)

    @contextmanager
    def redis_down(self) -> Iterator[None]:
        """Redis is away meanwhile, and comes back empty."""
        self.stage.redis.end()
        try:
            yield
        finally:
            self.stage.redis.start()

    def redis_forgets(self) -> None:
        """Somebody empties Redis."""
        with Redis.from_url(self.stage.redis.url) as redis:
            redis.flushall()

    # --- what is there ----------------------------------------------------------------------------------

    def runs(self) -> list[Run]:
        return [run for run in self.ledger.runs.all() if str(run.target.place.repo) == self.repo]

    def run_ends(self, *, number: int = 1, attempt: int = 1) -> Run:
        """The repository's run of this number, ended and shown as ended on its check run and comment."""

        def ended() -> Run | None:
            runs = self.runs()
            if len(runs) < number or not runs[number - 1].state.final:
                return None
            run = runs[number - 1]
            return run if run.attempt >= attempt and self.shown(run.id) else None

        return self.until(ended)

    def run_begins(self, *, number: int = 1) -> Run:
        """The repository's run of this number, as soon as it is there."""
        return self.until(lambda: self.runs()[number - 1 : number])[0]

    def step_runs(self, *, number: int = 1) -> Run:
        """The same, as soon as one of its steps has begun; a short one may be over by then."""

        def running() -> Run | None:
            run = self.run_begins(number=number)
            return run if any(step.started_at for step in run.steps) else None

        return self.until(running)

    def hears(self, run: Run, text: str) -> None:
        """Waits until the run's output has this text."""
        self.until(lambda: any(text in entry.text for entry in self.ledger.journals.read(run.id)))

    def boxes(self, run: Run) -> list[Json]:
        """What Docker tells of the run's containers."""
        return [self._inspected(each) for each in self.left(run)]

    def left(self, run: Run) -> list[str]:
        """The ids of the run's containers that are still there."""
        return self.docker("ps", "-aq", "--filter", f"name=devops-agent-{run.id}-").split()

    def _inspected(self, container: str) -> Json:
        inspected: list[Json] = json.loads(self.docker("inspect", container))
        return inspected[0]

    def docker(self, *words: str) -> str:
        """Docker's command line, to the engine that the stage's hands use."""
        told = subprocess.run(
            ["docker", *words], env=self.stage.environment, check=True, capture_output=True, text=True
        )
        return told.stdout

    def delivery(self, comment: Json) -> Json:
        """GitHub's delivery that told of this comment, with its `request`."""

        def told() -> Json | None:
            for each in self.stage.driver.sees_deliveries():
                payload = each["request"]["payload"]
                if payload.get("comment", {}).get("id") == comment["id"]:
                    return each
            return None

        return self.until(told)

    def log(self, process: str) -> str:
        return (self.stage.folder / f"{process}.log").read_text(errors="replace")

    def clones(self, folder: Path, *, ref: str) -> Path:
        """A fresh clone of the repository at a branch or `refs/pull/1/head`, made with real git."""
        token = self.stage.driver.token(repo=self.repo)
        scheme, _, rest = self.stage.playground_url.partition("://")
        url = f"{scheme}://x-access-token:{token}@{rest}/{self.repo}.git"
        _git("init", "-q", str(folder))
        _git("-C", str(folder), "fetch", "-q", url, ref)
        _git("-C", str(folder), "checkout", "-q", "FETCH_HEAD")
        return folder

    def shown(self, run: RunId) -> bool:
        """Every surface of the run shows its end, or has been given up."""
        wanted = [(key, done) for key, done, _ in self.ledger.surfaces.all() if key.endswith(f":{run}")]
        return bool(wanted) and all(done for _, done in wanted)

    def check(self, run: Run) -> Json:
        """The run's check run; there must be exactly one."""
        (found,) = [each for each in self.checks() if each["external_id"] == run.id]
        return found

    def checks(self) -> list[Json]:
        return self.stage.driver.sees_check_runs(repo=self.repo)

    def said(self, *, on: int = 1) -> list[str]:
        """What the bot has written, comments in the order of their creation."""
        found = self.stage.driver.sees_comments(on, repo=self.repo)
        return [each["body"] for each in found if each["author"] == "devops-agent[bot]"]

    def answers(self, count: int = 1, *, on: int = 1) -> str:
        """The bot's comment of this number, as soon as it is there."""
        return self.until(lambda: self.said(on=on)[count - 1 : count])[0]

    def reactions(self, comment: Json, *, on: int = 1) -> list[str]:
        found = self.stage.driver.sees_comments(on, repo=self.repo)
        (same,) = [each for each in found if each["id"] == comment["id"]]
        return [each["content"] for each in same["reacted"]]

    def pull(self, number: int) -> Json:
        return self.stage.driver.sees_pull(number, repo=self.repo)

    def pulls(self) -> list[int]:
        return [each["number"] for each in self.stage.driver.sees_pulls(repo=self.repo)]

    def page(self, run: Run, part: str = "") -> str:
        """The run's page, or a part of it such as `/changes.patch`, as its link shows it."""
        address = f"{self.stage.web_url}/runs/{run.id}{part}"
        answer = httpx.get(address, params={"key": run.page_key}, trust_env=False)
        answer.raise_for_status()
        return answer.text

    def is_heard(self) -> None:
        """Everything that was delivered has been handled."""
        self.stage.driver.until_hooks_are_idle()
        self.until(lambda: all(state != "new" for _, state, _ in self.ledger.deliveries.outcomes()))

    def is_quiet(self) -> None:
        """Everything that was delivered has been handled, and everything owed here has been said."""
        self.stage.driver.until_hooks_are_idle()

        def quiet() -> bool:
            handled = all(state != "new" for _, state, _ in self.ledger.deliveries.outcomes())
            return handled and not self.ledger.surfaces.unshown(self.repo)

        self.until(quiet)

    def kept(self) -> str:
        """All that the ledger holds, as text."""
        engine = open_engine(self.stage.ledger_url)
        with reading(engine) as connection:
            rows = [row for table in metadata.sorted_tables for row in connection.execute(select(table))]
        engine.dispose()
        return "\n".join(str(tuple(row)) for row in rows)

    def until(self, look: Callable[[], T | None]) -> T:
        deadline = time.monotonic() + self.patience_s
        while True:
            found = look()
            if found:
                return found
            if time.monotonic() > deadline:
                raise AssertionError(f"Nothing to see after {self.patience_s} s.\n{self._state()}")
            time.sleep(LOOK_S)

    def _state(self) -> str:
        logs = [
            f"== {name}\n{(self.stage.folder / f'{name}.log').read_text(errors='replace')[-1500:]}"
            for name in self.stage.processes.names
        ]
        return "\n".join([*(f"{run.id} {run.state} {run.reason}" for run in self.runs()), *logs])


def _git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], check=True, capture_output=True)


def new_world(stage: Stage, ledger: Ledger, *, owner: str = "acme") -> World:
    repo = f"{owner}/shop-{next(_numbers)}"
    driver = stage.driver
    driver.adds_repository(repo, files=SHOP, roles=ROLES)
    driver.pushes(dict(DISCOUNTS), branch=FEATURE, repo=repo, message="Take a discount off an amount")
    driver.opens_pull(FEATURE, title="Discounts", repo=repo)
    return World(stage, ledger, repo)
