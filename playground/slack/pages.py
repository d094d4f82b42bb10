"""The door to the pages: which address shows what, who one is, and forms that become acts."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, quote, urlencode, urlsplit

import orjson

from playground.pages import door as github_pages
from playground.slack import doing, showing
from playground.slack.answers import Json, Refused
from playground.slack.api import oauth
from playground.slack.filling import SOME_OF, find
from playground.slack.model import ChannelKind
from playground.slack.state import SlackWorld
from playground.wire import Receive, Scope, Send, body_of, headers_of, send_answer

HERE = Path(__file__).parent
LIVE = Path(github_pages.__file__).parent / "static" / "live.js"
STATIC = {
    "slack.css": (HERE / "static" / "slack.css", "text/css; charset=utf-8"),
    "slack.js": (HERE / "static" / "slack.js", "text/javascript; charset=utf-8"),
    "live.js": (LIVE, "text/javascript; charset=utf-8"),
}
DO, MODAL = "/slack/do/", "/slack/modal"
ALLOW, AUTHORIZE = "/slack/oauth/allow", "/slack/oauth/v2/authorize"
HTML = "text/html; charset=utf-8"
THIS_MACHINE = {"127.0.0.1", "localhost", "[::1]"}
Answer = tuple[int, dict[str, str], bytes]
Fields = dict[str, list[str]]


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

    # -- reading ----------------------------------------------------------------------------------

    def _shown(self, path: str, headers: Mapping[str, str], asked: dict[str, str]) -> Answer:
        if path.startswith("/slack/static/"):
            return _static(path.rpartition("/")[2])
        if path.startswith("/slack/avatar/"):
            return 200, {"content-type": "image/svg+xml"}, _avatar(path.rpartition("/")[2])
        if path.startswith("/slack/files/"):
            return self._file(path.rpartition("/")[2])
        if path == AUTHORIZE:
            return self._authorize(headers, asked)
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

    # -- doing ------------------------------------------------------------------------------------

    async def _posted(self, path: str, headers: Mapping[str, str], fields: Fields) -> Answer:
        back = _first(fields, "back") or "/slack"
        home = {"location": back if re.match(r"/(?!/)", back) else "/slack"}
        if path == "/slack/be":
            return 303, {**home, "set-cookie": _cookie(_first(fields, "user"))}, b""
        if path == ALLOW:
            return self._allow(who_is(headers), fields)
        form = FORMS.get(path.removeprefix(DO))
        if form is None or not path.startswith(DO):
            raise Refused("Nothing can be done here.", 404)
        result = await form(self.world, who_is(headers), fields)
        if headers.get("accept", "").startswith("application/json"):
            return 200, {"content-type": "application/json"}, orjson.dumps(result)
        return 303, {"location": result["go"]} if "go" in result else home, b""

    # -- OAuth ------------------------------------------------------------------------------------

    def _authorize(self, headers: Mapping[str, str], asked: dict[str, str]) -> Answer:
        """The page with Allow, for a known App and an address that it may go back to."""
        if asked.get("client_id") != self.world.app.client_id:
            raise Refused("Invalid client_id parameter.", 400)
        uri = self._redirect_uri(asked.get("redirect_uri", ""))
        page = showing.Page(self.world, AUTHORIZE, who_is(headers), live=False)
        wanted = [*_listed(asked.get("scope", "")), *_listed(asked.get("user_scope", ""))]
        given = "1" if asked.get("redirect_uri") else ""
        text = showing.authorize(page, {**asked, "redirect_uri": uri, "given": given}, wanted)
        # A browser lets no form be redirected to where its policy does not let it be sent.
        policy = github_pages.SECURITY["content-security-policy"]
        policy = policy.replace("form-action 'self'", f"form-action 'self' {_origin(uri)}")
        return 200, {"content-type": HTML, "content-security-policy": policy}, text.encode()

    def _redirect_uri(self, asked: str) -> str:
        allowed = self.world.settings.redirect_urls
        uri = asked or (allowed[0] if allowed else "")
        if allowed:
            fits = any(uri == one or uri.startswith(f"{one.rstrip('/')}/") for one in allowed)
        else:
            parts = urlsplit(uri)
            fits = parts.scheme in {"http", "https"} and parts.hostname in THIS_MACHINE
        if not fits or not re.fullmatch(r"[!-~]+", uri) or re.search(r"[\"'<>;,\\]", _origin(uri)):
            raise Refused("redirect_uri did not match any configured URIs.", 400)
        return uri

    def _allow(self, who: str, fields: Fields) -> Answer:
        uri, state = self._redirect_uri(_first(fields, "redirect_uri")), _first(fields, "state")
        if _first(fields, "answer") == "deny":
            told = {"error": "access_denied", "state": state}
        else:
            told = {"code": self._code(who, uri, fields), "state": state}
        joined = "&" if "?" in uri else "?"
        return 303, {"location": f"{uri}{joined}{urlencode(told)}"}, b""

    def _code(self, who: str, uri: str, fields: Fields) -> str:
        return oauth.allow(
            self.world,
            user=who,
            scopes=_listed(_first(fields, "scope")),
            user_scopes=_listed(_first(fields, "user_scope")),
            redirect_uri=uri if _first(fields, "given") else "",
        )


# -- forms -------------------------------------------------------------------------------------------


async def _talk(world: SlackWorld, who: str, fields: Fields) -> Json:
    """What is typed in a composer: a command, a mention, or words."""
    text, channel = _first(fields, "text").strip(), _first(fields, "channel")
    thread = _first(fields, "thread") or None
    called = re.match(rf"@{re.escape(world.app.name)}\b\s*(.*)", text, re.S)
    if text.partition(" ")[0] == world.app.command:
        await doing.command(world, text=text, by=who, channel=channel)
    elif called and world.channel(channel).kind is not ChannelKind.IM:
        await doing.mention(world, text=called[1], by=who, channel=channel, thread=thread)
    else:
        await doing.say(world, text=text, by=who, channel=channel, thread=thread)
    return {}


async def _press(world: SlackWorld, who: str, fields: Fields) -> Json:
    action_id = _first(fields, "action_id")
    if _first(fields, "view"):
        _remember(world, who, fields)
    place = {name: _first(fields, name) or None for name in ("channel", "ts", "view")}
    value = _chosen(world, fields, action_id)
    return dict(await doing.press(world, action_id=action_id, by=who, value=value, **place))


async def _type_in(world: SlackWorld, who: str, fields: Fields) -> Json:
    """One element was changed, and the browser sends all of them."""
    _remember(world, who, fields)
    view, action_id = _first(fields, "view_id"), _first(fields, "typed")
    block_id = find(world.view(view).body["blocks"], action_id).block_id
    where = {"view_id": view, "block_id": block_id, "action_id": action_id}
    return dict(await doing.type_in(world, value=_chosen(world, fields, action_id), by=who, **where))


async def _suggest(world: SlackWorld, who: str, fields: Fields) -> Json:
    _remember(world, who, fields)
    action_id = _first(fields, "action_id")
    query = _first(fields, f"query:{action_id}")
    return dict(
        await doing.suggest(world, action_id=action_id, query=query, by=who, view=_first(fields, "view_id"))
    )


async def _submit(world: SlackWorld, who: str, fields: Fields) -> Json:
    _remember(world, who, fields)
    return dict(await doing.submit(world, view_id=_first(fields, "view_id"), by=who))


async def _close(world: SlackWorld, who: str, fields: Fields) -> Json:
    return dict(await doing.close_view(world, view_id=_first(fields, "view_id"), by=who))


async def _shortcut(world: SlackWorld, who: str, fields: Fields) -> Json:
    ts, channel = _first(fields, "ts"), _first(fields, "channel")
    return dict(await doing.shortcut(world, ts=ts, channel=channel, by=who))


async def _open_home(world: SlackWorld, who: str, _: Fields) -> Json:
    return {**await doing.open_home(world, by=who), "go": "/slack/home"}


async def _message_us(world: SlackWorld, who: str, _: Fields) -> Json:
    """The direct messages with our App."""
    return {"go": f"/slack/{world.im_of(who, world.user(who).team).id}"}


FORMS: dict[str, Callable[[SlackWorld, str, Fields], Any]] = {
    "talk": _talk,
    "press": _press,
    "type_in": _type_in,
    "suggest": _suggest,
    "submit": _submit,
    "close_view": _close,
    "shortcut": _shortcut,
    "open_home": _open_home,
    "message_us": _message_us,
}


def _remember(world: SlackWorld, who: str, fields: Fields) -> None:
    """Keep what stands in a view's fields, as a browser keeps it while one goes on."""
    view = world.view(_first(fields, "view_id") or _first(fields, "view"))
    if view.user == who:
        for action_id in showing.interactive(view.body["blocks"]):
            if f"has:{action_id}" in fields:
                doing.fill(view, action_id, _chosen(world, fields, action_id))


def _chosen(world: SlackWorld, fields: Fields, action_id: str) -> Any:
    """What a form holds for an element: one value, or a list where there can be several."""
    given = [value for value in fields.get(f"value:{action_id}", []) if value]
    name = _first(fields, "view_id") or _first(fields, "view")
    element = showing.interactive(world.view(name).body["blocks"]).get(action_id, {}) if name else {}
    kind = str(element.get("type", ""))
    if kind in SOME_OF or kind.startswith("multi_"):
        return given
    return given[0] if given else None


# -- small things ------------------------------------------------------------------------------------

PAGES: tuple[tuple[re.Pattern[str], Callable[..., str]], ...] = (
    (re.compile("/slack/?"), showing.index),
    (re.compile("/slack/home"), showing.home),
    (re.compile(MODAL), showing.modal),
    (re.compile("/slack/deliveries"), showing.deliveries),
    (re.compile(r"/slack/(?P<channel>[A-Z]\w+)(?:/(?P<thread>\d+\.\d+))?"), showing.channel),
)


def who_is(headers: Mapping[str, str]) -> str:
    cookie = SimpleCookie(headers.get("cookie", ""))
    return cookie["slack_who"].value if "slack_who" in cookie else showing.USUALLY


def _cookie(user: str) -> str:
    # Lax: who comes from our App to the page with Allow is still somebody.
    return f"slack_who={quote(user)}; Path=/slack; SameSite=Lax"


def _first(fields: Fields, name: str) -> str:
    return fields.get(name, [""])[0]


def _listed(scopes: str) -> list[str]:
    return [scope for scope in re.split(r"[,\s]+", scopes) if scope]


def _origin(uri: str) -> str:
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}"


def _back(headers: Mapping[str, str]) -> str:
    path = urlsplit(headers.get("referer", "")).path
    return path if path.startswith("/slack") else "/slack"


def _static(name: str) -> Answer:
    path, kind = STATIC.get(name, (None, ""))
    return (404, {}, b"") if path is None else (200, {"content-type": kind}, path.read_bytes())


def _avatar(name: str) -> bytes:
    """A letter on a colour of its own."""
    user = re.sub(r"[^A-Z0-9_]", "", name.removesuffix(".svg"))
    hue = int(hashlib.sha256(user.encode()).hexdigest()[:4], 16) % 360
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40">'
        f'<rect width="40" height="40" rx="8" fill="hsl({hue} 45% 45%)"/>'
        '<text x="20" y="27" font-size="18" font-family="sans-serif" text-anchor="middle" fill="#fff">'
        f"{user.partition('_')[2][:1] or user[:1]}</text></svg>"
    ).encode()
