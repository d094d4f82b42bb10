"""The door to the pages: which address shows what, who one is, and which form does what."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from http.cookies import SimpleCookie
from urllib.parse import parse_qs, parse_qsl, quote, urlsplit

import orjson

from playground.pages import door as github_pages
from playground.slack import showing
from playground.slack.answers import HTML, Answer, Refused
from playground.slack.assets import avatar, static
from playground.slack.consent import ALLOW, AUTHORIZE, consent_page, consented
from playground.slack.forms import FORMS, Fields, first
from playground.slack.state import SlackWorld
from playground.wire import Receive, Scope, Send, body_of, headers_of, send_answer

DO, MODAL = "/slack/do/", "/slack/modal"
PAGES: tuple[tuple[re.Pattern[str], Callable[..., str]], ...] = (
    (re.compile("/slack/?"), showing.index),
    (re.compile("/slack/home"), showing.home),
    (re.compile(MODAL), showing.modal),
    (re.compile("/slack/deliveries"), showing.deliveries),
    (re.compile(r"/slack/(?P<channel>[A-Z]\w+)(?:/(?P<thread>\d+\.\d+))?"), showing.channel),
)


class PagesDoor:
    """An ASGI app: the pages of one Slack."""

    def __init__(self, world: SlackWorld) -> None:
        self.world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = headers_of(scope)
        path: str = scope["path"]
        try:
            if scope["method"] == "POST":
                fields = parse_qs((await body_of(receive)).decode("utf-8", "replace"), keep_blank_values=True)
                status, own, body = await self._posted(path, headers, fields)
            else:
                asked = dict(parse_qsl(scope["query_string"].decode("latin-1")))
                status, own, body = self._shown(path, headers, asked)
        except Refused as refused:
            own = {"content-type": HTML}
            status, body = refused.status, showing.sorry(self.world, refused.message, _back(headers)).encode()
        await send_answer(send, status, {**github_pages.SECURITY, **own}, body)

    def _shown(self, path: str, headers: Mapping[str, str], asked: dict[str, str]) -> Answer:
        if path.startswith("/slack/static/"):
            return static(path.rpartition("/")[2])
        if path.startswith("/slack/avatar/"):
            return avatar(path.rpartition("/")[2])
        if path.startswith("/slack/files/"):
            return self._file(path.rpartition("/")[2])
        if path == AUTHORIZE:
            return consent_page(self.world, who_is(headers), asked)
        version = str(self.world.version)
        if headers.get("x-live") == version:
            return 204, {}, b""
        # The modal alone is shown in another page, and its forms lead back there.
        shown_at = _back(headers) if path == MODAL else path
        page = showing.Page(self.world, shown_at, who_is(headers), live="x-live" in headers)
        for pattern, view in PAGES:
            if match := pattern.fullmatch(path):
                text = view(page, **match.groupdict())
                own = {"content-type": HTML, "x-version": version, "cache-control": "no-store"}
                return 200, own, text.encode()
        raise Refused("There is no such page in this Slack.", 404)

    def _file(self, file_id: str) -> Answer:
        file = self.world.files.get(file_id)
        if file is None or file.content is None:
            raise Refused("There is no such file.", 404)
        own = {"content-type": "text/plain; charset=utf-8", "content-disposition": "attachment"}
        return 200, own, file.content

    async def _posted(self, path: str, headers: Mapping[str, str], fields: Fields) -> Answer:
        back = first(fields, "back") or "/slack"
        home = {"location": back if re.match(r"/(?!/)", back) else "/slack"}
        if path == "/slack/be":
            return 303, {**home, "set-cookie": _cookie(first(fields, "user"))}, b""
        if path == ALLOW:
            return consented(self.world, who_is(headers), fields)
        form = FORMS.get(path.removeprefix(DO))
        if form is None or not path.startswith(DO):
            raise Refused("Nothing can be done here.", 404)
        result = await form(self.world, who_is(headers), fields)
        if headers.get("accept", "").startswith("application/json"):
            return 200, {"content-type": "application/json"}, orjson.dumps(result)
        return 303, {"location": result["go"]} if "go" in result else home, b""


def who_is(headers: Mapping[str, str]) -> str:
    cookie = SimpleCookie(headers.get("cookie", ""))
    return cookie["slack_who"].value if "slack_who" in cookie else showing.USUALLY


def _cookie(user: str) -> str:
    # Lax: who comes from our App to the page with Allow is still somebody.
    return f"slack_who={quote(user)}; Path=/slack; SameSite=Lax"


def _back(headers: Mapping[str, str]) -> str:
    path = urlsplit(headers.get("referer", "")).path
    return path if path.startswith("/slack") else "/slack"
