"""Real git over HTTP: `git http-backend` behind token auth, with pushes becoming events."""

from __future__ import annotations

import asyncio
import base64
import binascii
import gzip
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from playground.github.answers import Refused
from playground.github.auth import Needs, live_token, may
from playground.github.faults import Kind
from playground.github.pushing import Move, moved
from playground.github.state import Repository, Token, World
from playground.github.store import GIT_ENV, NO_SHA
from playground.wire import Receive, Scope, Send, body_of, cut_connection, headers_of, send_answer

READ, WRITE = Needs("read", ("contents",)), Needs("write", ("contents",))
SERVICES = {"info/refs": "GET", "git-upload-pack": "POST", "git-receive-pack": "POST"}

# Runs inside `git receive-pack`, once per ref; PLAYGROUND_WORKFLOWS is what the token may do to workflows.
UPDATE_HOOK = """#!/bin/sh
[ "$PLAYGROUND_WORKFLOWS" = write ] && exit 0
zero=0000000000000000000000000000000000000000
[ "$3" = $zero ] && exit 0
new=$(git rev-parse -q --verify "$3:.github/workflows") || exit 0
for known in $(git for-each-ref --format='%(objectname)' refs/heads); do
  [ "$(git rev-parse -q --verify "$known:.github/workflows")" = "$new" ] && exit 0
done
echo "refusing to allow a GitHub App to create or update workflow without \\`workflows\\` permission" >&2
exit 1
"""


def split_path(path: str) -> tuple[str, str] | None:
    """`/owner/name.git/info/refs` as (`owner/name`, `info/refs`); None when it is not git's."""
    parts = path.strip("/").split("/", 2)
    if len(parts) < 3 or parts[2] not in SERVICES:
        return None
    return f"{parts[0]}/{parts[1].removesuffix('.git')}", parts[2]


class GitDoor:
    """An ASGI app: smart HTTP for every repository of one world."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        fault = self.world.faults.strike(scope["method"], path)
        if fault is not None:
            await asyncio.sleep(fault.seconds)
            if fault.kind in {Kind.RESET_BEFORE, Kind.RESET_AFTER}:
                cut_connection(scope)
                return
            if fault.kind is not Kind.SLOW:
                await send_answer(send, fault.status, fault.headers, fault.message.encode())
                return
        try:
            status, headers, body = await self._answer(scope, receive)
        except Refused as refused:
            status, headers, body = refused.status, refused.headers, refused.message.encode()
        self.world.requests.append({"method": scope["method"], "path": path, "status": status, "git": True})
        await send_answer(send, status, {"cache-control": "no-cache", **headers}, body)

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[int, dict[str, str], bytes]:
        headers, query = headers_of(scope), scope["query_string"].decode("latin-1")
        found = split_path(scope["path"])
        if found is None or SERVICES[found[1]] != scope["method"]:
            raise Refused(404, "Not Found")
        name, service = found
        writes = "git-receive-pack" in (service, query.removeprefix("service="))
        token = self._token(headers)
        moved_to = None if name.lower() in self.world.repositories else self.world.moved.get(name.lower())
        if moved_to is not None and token.sees(moved_to):
            raise _elsewhere(moved_to, f"{service}?{query}")
        repo = self._admitted(token, name, writes=writes)
        body = await body_of(receive)
        if headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        environment = _environment(repo, scope, headers, body)
        environment["PLAYGROUND_WORKFLOWS"] = token.permissions.get("workflows", "none")
        asked = list(_commands(body)) if service == "git-receive-pack" else []
        done = await asyncio.to_thread(_http_backend, environment, body)
        for move in (Move(repo, ref, old, new) for old, new, ref in asked):
            # The API may have moved other refs meanwhile; only what this push asked for and got is its own.
            if (repo.store.ref(move.ref) or NO_SHA) == move.new != move.old:
                moved(self.world, move, sender=token.installation.app.bot)
        return _cgi_answer(done)

    def _token(self, headers: Mapping[str, str]) -> Token:
        scheme, _, credential = headers.get("authorization", "").partition(" ")
        refused = Refused(401, "Invalid username or token. Password authentication is not supported.")
        refused.headers = {"www-authenticate": 'Basic realm="GitHub"'}
        value = credential
        if scheme.lower() == "basic":
            try:
                user, _, password = base64.b64decode(credential).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError) as error:
                raise refused from error
            value = password if password and password != "x-oauth-basic" else user
        try:
            return live_token(self.world, value)
        except Refused as error:
            raise refused from error

    def _admitted(self, token: Token, name: str, *, writes: bool) -> Repository:
        repo = self.world.repositories.get(name.lower())
        if repo is None or not token.sees(repo):
            raise Refused(404, "Repository not found.")
        if not may(token, WRITE if writes else READ):
            raise Refused(403, f"Write access to repository not granted.\nunable to access {name}")
        return repo


def _elsewhere(repo: Repository, rest: str) -> Refused:
    """GitHub sends git on to the new name."""
    answer = Refused(301, "Moved Permanently")
    answer.headers = {"location": f"/{repo.full_name}.git/{rest}"}
    return answer


def _commands(body: bytes) -> Iterator[tuple[str, str, str]]:
    """The (old, new, ref) lines that a push begins with, in git's pkt-line writing."""
    at = 0
    while (size := int(body[at : at + 4] or b"0", 16)) > 4:
        line = body[at + 4 : at + size].partition(b"\0")[0].decode(errors="replace").rstrip("\n")
        old, _, rest = line.partition(" ")
        new, _, ref = rest.partition(" ")
        if ref:
            yield old, new, ref
        at += size


def install_hook(folder: Path) -> None:
    hook = folder / "hooks" / "update"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(UPDATE_HOOK)
    hook.chmod(0o755)


def _environment(repo: Repository, scope: Scope, headers: Mapping[str, str], body: bytes) -> dict[str, str]:
    service = scope["path"].strip("/").split("/", 2)[2]
    protocol = headers.get("git-protocol")
    return {
        **GIT_ENV,
        "GIT_PROJECT_ROOT": str(repo.store.folder.parent),
        "PATH_INFO": f"/{repo.store.folder.name}/{service}",
        "GIT_HTTP_EXPORT_ALL": "1",
        "REQUEST_METHOD": scope["method"],
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "CONTENT_TYPE": headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(body)),
        "REMOTE_USER": "x-access-token",
        "REMOTE_ADDR": "127.0.0.1",
        # Everything runs as one user, but the folder may belong to another (a mounted state folder).
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "safe.directory",
        "GIT_CONFIG_VALUE_0": "*",
        **({"GIT_PROTOCOL": protocol} if protocol else {}),
    }


def _http_backend(environment: dict[str, str], body: bytes) -> bytes:
    done = subprocess.run(
        ["git", "http-backend"], env=environment, input=body, capture_output=True, check=False
    )
    return done.stdout


def _cgi_answer(output: bytes) -> tuple[int, dict[str, str], bytes]:
    head, _, body = output.partition(b"\r\n\r\n")
    status, headers = 200, {}
    for line in head.decode("latin-1").splitlines():
        name, _, value = line.partition(": ")
        if name.lower() == "status":
            status = int(value.split(" ")[0])
        elif name:
            headers[name.lower()] = value
    return (status, headers, body) if head else (500, {}, b"git http-backend gave no answer")
