"""A small world of boxes for tests: a repository, a box on it, somebody who listens, and a git server."""

from __future__ import annotations

import gzip
import os
import secrets
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from bot.actions.model import Command
from bot.ids import RunId, Sha, new_run_id
from bot.limits import Limits
from bot.ports import Box, Boxes, BoxSpec, Changes, Exit, FileChange, Snapshot, Stream
from runners.git import LocalOrigin

IMAGE = "devops-agent/sandbox:latest"
SMALL = Limits(memory_mb=512, workspace_mb=128, tmp_mb=32, pids=128, step_timeout_s=60)


@dataclass
class Repository:
    """A git repository with a work tree, made for one test."""

    folder: Path

    def commit(self, files: Mapping[str | bytes, bytes]) -> Sha:
        """Write these files, byte for byte, and commit everything."""
        self.write(files)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "A commit")
        return self.head()

    def write(self, files: Mapping[str | bytes, bytes]) -> None:
        root = os.fsencode(self.folder)
        for name, content in files.items():
            path = os.path.join(root, os.fsencode(name))
            os.makedirs(os.path.dirname(path), exist_ok=True)
            Path(os.fsdecode(path)).write_bytes(content)

    def git(self, *words: str) -> str:
        settings = (
            "user.name=Wendy",
            "user.email=wendy@example.com",
            "core.autocrlf=false",
            "safe.directory=*",
        )
        argv = ["git", *(word for one in settings for word in ("-c", one)), *words]
        return subprocess.run(
            argv, cwd=self.folder, check=True, capture_output=True, text=True
        ).stdout.strip()

    def head(self) -> Sha:
        return Sha(self.git("rev-parse", "HEAD"))

    def origin(self) -> LocalOrigin:
        return LocalOrigin.at(self.folder)


def new_repository(folder: Path) -> Repository:
    folder.mkdir(parents=True)
    repository = Repository(folder)
    repository.git("init", "-q", "-b", "main")
    # Above any .gitattributes that a test commits: what a test writes is what it commits.
    (folder / ".git" / "info" / "attributes").write_text("* -text\n")
    return repository


@dataclass
class Ear:
    """Remembers what it heard, in order."""

    heard: list[tuple[Stream, str]] = field(default_factory=list)

    def __call__(self, stream: Stream, text: str) -> None:
        self.heard.append((stream, text))

    def text(self, stream: Stream) -> str:
        return "".join(text for where, text in self.heard if where is stream)


@dataclass(frozen=True)
class Told:
    """How a command ended and what it said."""

    exit: Exit
    out: str
    err: str


@dataclass(frozen=True)
class Guest:
    """A box, and short words to use it."""

    box: Box
    run_id: RunId

    def sh(self, script: str, *, timeout_s: int = 60) -> Told:
        return self.does(Command(("bash", "-c", script), timeout_s=timeout_s))

    def python(self, program: str) -> Told:
        return self.does(Command(("python3", "-c", program), timeout_s=60))

    def does(self, command: Command) -> Told:
        ear = Ear()
        ended = self.box.run(command, ear)
        return Told(ended, ear.text(Stream.OUT), ear.text(Stream.ERR))

    def dies(self) -> None:
        """Everything that runs its steps is killed from outside, as by a machine that has no memory left."""
        for name in containers(self.run_id, "box"):
            docker("kill", name)

    def processes(self, pattern: str) -> str:
        """The ids of processes whose command line begins so, as pgrep prints them; "" when there are none."""
        return self.does(Command(("pgrep", "-f", "^" + pattern))).out


def docker(*words: str) -> str:
    """What Docker's command line says."""
    return subprocess.run(["docker", *words], check=True, capture_output=True, text=True).stdout.strip()


def containers(run: RunId, role: str = "") -> list[str]:
    """The names of a run's containers, of one role or of all."""
    of_role = ["--filter", f"label=io.devops-agent.role={role}"] if role else []
    name = f"name=devops-agent-{run}-"
    return docker("ps", "--all", "--filter", name, *of_role, "--format", "{{.Names}}").split()


@contextmanager
def guest(boxes: Boxes, snapshot: Snapshot, limits: Limits = SMALL) -> Iterator[Guest]:
    run = new_run_id()
    with boxes.open(BoxSpec(run=run, epoch=1, image=IMAGE, limits=limits), snapshot) as box:
        yield Guest(box, run)


def changed(changes: Changes) -> dict[str, FileChange]:
    return {change.path: change for change in changes.files}


def new_instance() -> str:
    """A name that no other test's containers carry."""
    return "test-" + secrets.token_hex(4)


@dataclass
class GitServer:
    """A web server on this machine that serves one repository, or an answer of the test's choice."""

    address: str
    seen: list[Mapping[str, str]]
    answer: tuple[int, Mapping[str, str], bytes] | None = None  # None: the repository
    only_what_names_point_at: bool = False

    def url(self, name: str = "acme/shop.git") -> str:
        return f"{self.address}/{name}"


@contextmanager
def git_server(repository: Repository) -> Iterator[GitServer]:
    """git's own HTTP backend behind Python's web server, on a free port of 127.0.0.1."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(b"")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            self._answer(gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body)

        def _answer(self, body: bytes) -> None:
            serving.seen.append({**dict(self.headers.items()), "path": self.path})
            status, headers, content = serving.answer or self._from_git(body)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def _from_git(self, body: bytes) -> tuple[int, Mapping[str, str], bytes]:
            path, _, query = self.path.partition("?")
            protocol = "" if serving.only_what_names_point_at else self.headers.get("Git-Protocol", "")
            answer = subprocess.run(
                ["git", "-c", "safe.directory=*", "http-backend"],
                input=body,
                capture_output=True,
                check=False,  # it also ends with 1 after saying properly that it has no such commit
                env={
                    "PATH": os.environ["PATH"],
                    "GIT_PROJECT_ROOT": str(repository.folder / ".git"),
                    "GIT_HTTP_EXPORT_ALL": "1",
                    "GIT_PROTOCOL": protocol,
                    "REQUEST_METHOD": self.command,
                    "PATH_INFO": path.removeprefix("/acme/shop.git"),
                    "QUERY_STRING": query,
                    "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                    "CONTENT_LENGTH": str(len(body)),
                },
            ).stdout
            head, _, content = answer.partition(b"\r\n\r\n")
            headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
            return int(headers.pop("Status", "200").split()[0]), headers, content

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class says so
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    serving = GitServer(f"http://127.0.0.1:{server.server_address[1]}", [])
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield serving
    finally:
        server.shutdown()
        server.server_close()
