"""GitHub Actions: jobs, which are check runs of its App, and their logs, which another host gives out."""

from __future__ import annotations

import secrets
from datetime import timedelta
from urllib.parse import urlsplit

from playground.github import checks
from playground.github.answers import Answer, Call, not_found
from playground.github.faults import Kind
from playground.github.state import Account, App, CheckRun, LogLink, Repository, World, now
from playground.wire import Receive, Scope, Send, cut_connection, headers_of, send_answer

APP_ID, BOT_ID = 15_368, 41_898_282  # on github.com
SLUG = "github-actions"
LINKS = "/signedlogcontent/"
LINK_LIFE = timedelta(minutes=1)
CHUNK = 64 * 1024


def failed_job(world: World, repo: Repository, sha: str, *, name: str, log: str) -> CheckRun:
    """A job of Actions that has failed at this commit, and wrote this. Its check run says nothing itself."""
    suite = checks.suite_for(world, repo, sha, app=_app(world))
    run = checks.new_run(world, suite, {"name": name, "conclusion": "failure"})
    run.log = log
    return run


def _app(world: World) -> App:
    if APP_ID not in world.apps:
        bot = world.accounts.setdefault(f"{SLUG}[bot]", Account(f"{SLUG}[bot]", BOT_ID, "Bot"))
        world.apps[APP_ID] = App(
            id=APP_ID,
            slug=SLUG,
            name="GitHub Actions",
            owner=world.app.owner,
            bot=bot,
            public_key=None,
            client_id="Iv1.actions",
            permissions={"metadata": "read", "checks": "write", "contents": "write"},
            events=[],
            created_at=now(),
        )
    return world.apps[APP_ID]


def job_log(call: Call) -> Answer:
    """Not the log: the address of it, for a minute, at a host that wants no credentials."""
    run = call.world.check_runs.get(call.number("job_id"))
    if run is None or run.suite.repo is not call.repo or run.log is None:
        raise not_found()
    key = secrets.token_urlsafe(24)
    call.world.log_links[key] = LogLink(run.log, now() + LINK_LIFE)
    port = urlsplit(call.world.url).port
    return Answer(302, None, {"Location": f"http://localhost:{port}{LINKS}{key}"})


class LogsDoor:
    """An ASGI app: the host that keeps logs. Like the real one, it refuses who brings credentials."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  # it has no body
        headers, plain = headers_of(scope), {"content-type": "text/plain; charset=utf-8"}
        if "authorization" in headers:
            self.world.record_broken_contract(
                "request", scope["path"], "a token came to the host of the logs"
            )
            await send_answer(send, 401, plain, b"InvalidAuthenticationInfo")
            return
        fault = self.world.faults.strike(scope["method"], scope["path"])
        if fault is not None and fault.kind is Kind.RESET_BEFORE:
            cut_connection(scope)
            return
        if fault is not None:
            await send_answer(send, fault.status, plain, fault.message.encode())
            return
        link = self.world.log_links.get(scope["path"].removeprefix(LINKS))
        if link is None or link.until <= now():
            await send_answer(send, 403, plain, b"AuthenticationFailed")
            return
        content = link.log.encode()
        pairs = [(b"content-type", plain["content-type"].encode()), (b"content-length", b"%d" % len(content))]
        await send({"type": "http.response.start", "status": 200, "headers": pairs})
        for begin in range(0, len(content), CHUNK):
            part = content[begin : begin + CHUNK]
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
