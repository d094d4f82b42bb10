"""The door to the pages: which address shows what, who one is, and forms that become acts."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote

from playground import acts
from playground.github.answers import Refused
from playground.github.state import World
from playground.pages import views
from playground.wire import Receive, Scope, Send, body_of, headers_of, send_answer

STATIC = {
    "style.css": "text/css; charset=utf-8",
    "live.js": "text/javascript; charset=utf-8",
}
DO = "/playground/do/"
# Which acts the forms of the pages may do, and which of their fields are numbers.
FORMS: dict[str, Callable[..., Any]] = {
    act.__name__: act
    for act in (
        *(acts.comment, acts.press, acts.rerun, acts.rerun_suite, acts.react, acts.redeliver),
        *(acts.close, acts.reopen, acts.draft, acts.ready, acts.revoke_authorization),
    )
}
NUMBERS = {"number", "check_run", "check_suite", "comment", "delivery"}
SECURITY = {
    "content-security-policy": "default-src 'none'; style-src 'self'; script-src 'self'; "
    "img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
}
HTML = "text/html; charset=utf-8"


class PagesDoor:
    """An ASGI app: the pages of one world."""

    def __init__(self, world: World) -> None:
        self.world = world

    def knows(self, path: str) -> bool:
        parts = path.strip("/").split("/")
        return (
            path in {"/", "/favicon.ico"}
            or parts[0] == "playground"
            or f"{'/'.join(parts[:2])}".lower() in self._names()
        )

    def _names(self) -> set[str]:
        return {*self.world.repositories, *self.world.accounts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = headers_of(scope)
        path: str = scope["path"]
        if scope["method"] == "POST":
            status, own, body = self._posted(path, headers, await body_of(receive))
        else:
            status, own, body = self._shown(path, headers)
        await send_answer(send, status, {**SECURITY, **own}, body)

    # -- reading --------------------------------------------------------------------------------

    def _shown(self, path: str, headers: Mapping[str, str]) -> tuple[int, dict[str, str], bytes]:
        if path.startswith("/playground/static/"):
            return _static(path.rpartition("/")[2])
        if path.startswith("/playground/avatar/"):
            return 200, {"content-type": "image/svg+xml"}, _avatar(path.rpartition("/")[2])
        version = str(self.world.version)
        if headers.get("x-live") == version:
            return 204, {}, b""
        try:
            text = self._page(path, who_is(headers), live="x-live" in headers)
        except Refused as refused:
            return refused.status, {"content-type": HTML}, views.sorry(self.world, refused.message).encode()
        return 200, {"content-type": HTML, "x-version": version, "cache-control": "no-store"}, text.encode()

    def _page(self, path: str, who: str, *, live: bool) -> str:
        page = views.Page(self.world, path, who, live)
        for pattern, view in PAGES:
            if match := pattern.fullmatch(path):
                return view(page, **match.groupdict())
        raise Refused(404, "There is no such page in the playground.")

    # -- doing ----------------------------------------------------------------------------------

    def _posted(
        self, path: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        fields = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        back = fields.pop("back", "/")
        headers_back = {"location": back if re.match(r"/(?!/)", back) else "/"}
        if path == "/playground/be":
            cookie = f"who={quote(fields.get('user', ''))}; Path=/; SameSite=Strict"
            return 303, {**headers_back, "set-cookie": cookie}, b""
        act = FORMS.get(path.removeprefix(DO))
        if act is None or not path.startswith(DO):
            return 404, {"content-type": HTML}, views.sorry(self.world, "Nothing can be done here.").encode()
        arguments: dict[str, Any] = {k: int(v) if k in NUMBERS else v for k, v in fields.items()}
        if act is not acts.redeliver:
            arguments.setdefault("user", who_is(headers))
        try:
            act(self.world, **arguments)
        except Refused as refused:
            said = views.sorry(self.world, refused.message, back=headers_back["location"])
            return refused.status, {"content-type": HTML}, said.encode()
        return 303, headers_back, b""


_REPO = r"/(?P<owner>[^/]+)/(?P<name>[^/]+)"
PAGES: tuple[tuple[re.Pattern[str], Callable[..., str]], ...] = (
    (re.compile("/"), views.index),
    (re.compile("/playground/deliveries"), views.deliveries),
    (re.compile(r"/playground/deliveries/(?P<number>\d+)"), views.delivery),
    (re.compile(_REPO + "/?(?:pulls|issues|branches)?"), views.repository),
    (
        re.compile(_REPO + r"/(?:pull|issues)/(?P<number>\d+)(?:/(?:files|checks|commits))?"),
        views.conversation,
    ),
    (re.compile(_REPO + r"/runs/(?P<number>\d+)"), views.check_run),
)


def who_is(headers: Mapping[str, str]) -> str:
    """Whom the browser says that one is: who opens a page for the first time is somebody, too."""
    cookie = SimpleCookie(headers.get("cookie", ""))
    return cookie["who"].value if "who" in cookie else views.USUALLY


def _static(name: str) -> tuple[int, dict[str, str], bytes]:
    kind = STATIC.get(name)
    if kind is None:
        return 404, {}, b""
    return 200, {"content-type": kind}, (Path(__file__).parent / "static" / name).read_bytes()


def _avatar(name: str) -> bytes:
    """Two letters on a colour of their own."""
    login = re.sub(r"[^a-z0-9-]", "", name.removesuffix(".svg").lower())
    hue = int(hashlib.sha256(login.encode()).hexdigest()[:4], 16) % 360
    letters = "".join(part[0] for part in login.split("-")[:2] if part).upper()
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40">'
        f'<rect width="40" height="40" rx="20" fill="hsl({hue} 45% 45%)"/>'
        '<text x="20" y="26" font-size="16" font-family="sans-serif" text-anchor="middle" fill="#fff">'
        f"{letters}</text></svg>"
    ).encode()
