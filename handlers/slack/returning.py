"""Where browsers come back to: from GitHub, which told who somebody is, or from Slack, which installed us.

This process has no secret of either. It takes the state, once, writes the code down for the desk, and shows
what the desk says of it.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Protocol
from urllib.parse import urlencode

import structlog
from anyio import to_thread
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from bot.chat.sign_in import OPEN_FOR, SignIn, What, digest, new_state
from bot.deliveries import Delivery, Store
from bot.events import SignInReturned
from handlers.slack.needs import SCOPES

LINKED, INSTALL, INSTALLED = "/slack/linked", "/slack/install", "/slack/installed"
COOKIE = "slack_install"
PATIENCE_S, LOOK_S = 10.0, 0.1
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
OVER = "This sign-in is over, or was used already. Begin it anew in Slack."
LATER = "It takes longer than usual. Begin it anew in Slack in a moment."

log = structlog.get_logger(__name__)


class SignIns(Protocol):
    """What the ledger knows of them, each by the digest of its state."""

    def begin(self, state: str, sign_in: SignIn) -> None: ...

    def use(self, state: str, now: datetime) -> SignIn | None: ...

    def told(self, state: str) -> str: ...


@dataclass(frozen=True)
class Install:
    """What a browser needs to go to Slack: no secret among it."""

    client_id: str
    authorize_url: str
    redirect_url: str

    @staticmethod
    def of(client_id: str, api_url: str, public_url: str) -> Install | None:
        """Slack's page for it is beside its API. None without a client id."""
        if not client_id:
            return None
        authorize = api_url.removesuffix("/api") + "/oauth/v2/authorize"
        return Install(client_id, authorize, f"{public_url}{INSTALLED}")

    def address(self, state: str) -> str:
        asked = {
            "client_id": self.client_id,
            "scope": ",".join(SCOPES),
            "user_scope": "",
            "state": state,
            "redirect_uri": self.redirect_url,
        }
        return f"{self.authorize_url}?{urlencode(asked)}"


def returning(
    sign_ins: SignIns, store: Store, now: Callable[[], datetime], install: Install | None
) -> APIRouter:
    """Without `install`, nobody can install us over the web."""
    router = APIRouter(include_in_schema=False)
    back = _Back(sign_ins, store, now)

    @router.get(LINKED)
    async def linked(code: str = "", state: str = "") -> Response:
        return await back.answer(What.LINK, state, code)

    if install is None:
        return router

    @router.get(INSTALL)
    async def begin() -> Response:
        state = new_state()
        until = now() + OPEN_FOR
        await to_thread.run_sync(
            sign_ins.begin, digest(state), SignIn(What.INSTALL, "", digest(state)[:32], until)
        )
        answer = RedirectResponse(install.address(state), status_code=302, headers=HEADERS)
        answer.set_cookie(
            COOKIE,
            state,
            max_age=int(OPEN_FOR.total_seconds()),
            httponly=True,
            samesite="lax",
            secure=_https(install),
        )
        return answer

    @router.get(INSTALLED)
    async def installed(request: Request, code: str = "", state: str = "") -> Response:
        """The browser that began, and no other."""
        if not hmac.compare_digest(request.cookies.get(COOKIE, "").encode(), state.encode()) or not state:
            return _page(OVER, 400)
        return await back.answer(What.INSTALL, state, code)

    return router


@dataclass(frozen=True)
class _Back:
    """What a browser that is back leads to."""

    sign_ins: SignIns
    store: Store
    now: Callable[[], datetime]

    async def answer(self, what: What, state: str, code: str) -> Response:
        if not 1 <= len(code) <= 500 or not 1 <= len(state) <= 500:
            return _page("The sign-in was not finished. Begin it anew in Slack.", 400)
        known = digest(state)
        used = await to_thread.run_sync(self.sign_ins.use, known, self.now())
        if used is None or used.what is not what:
            return _page(OVER, 400)
        event = SignInReturned(state=known, code=code)
        content_key = hashlib.sha256(f"sign-in:{known}".encode()).hexdigest()
        try:
            await self.store(Delivery(f"sign-in-{known[:32]}", event.kind, content_key, event))
        except Exception:  # the outermost edge: whatever it is, the browser must not wait for nothing
            log.exception("slack.sign_in_not_written_down")
            return _page(LATER, 503)
        return await self._told(known)

    async def _told(self, known: str) -> Response:
        clock = asyncio.get_running_loop().time
        deadline = clock() + PATIENCE_S
        while clock() < deadline:
            told = await to_thread.run_sync(self.sign_ins.told, known)
            if told:
                return _page(told, 200)
            await asyncio.sleep(LOOK_S)
        return _page(LATER, 200)


def _https(install: Install) -> bool:
    return install.redirect_url.startswith("https://")


def _page(text: str, status: int) -> HTMLResponse:
    """A code to type stands by itself, so that it can be copied."""
    head, _, code = text.partition(": /agent link ")
    body = f"<p>{escape(head)}</p>"
    if code:
        body = f"<p>{escape(head)}:</p><p><code>/agent link {escape(code)}</code></p>"
    html = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>devops-agent</title>'
        '<meta name="viewport" content="width=device-width">'
        "<style>body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:15vh auto;padding:0 1rem}"
        "code{font-size:1.4rem;background:#eee;padding:.3em .6em;border-radius:.3em}</style>"
        f"<h1>devops-agent</h1>{body}</html>"
    )
    return HTMLResponse(html, status_code=status, headers=HEADERS)
