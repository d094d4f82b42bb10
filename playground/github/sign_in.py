"""GitHub's OAuth web flow: a page that asks a person, a code that they bring, and the App's token for it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

import orjson

from playground.github.answers import Json, Refused
from playground.github.faults import Kind
from playground.github.state import Account, App, SignInCode, UserToken, World, now
from playground.pages import views
from playground.pages.door import HTML, SECURITY, who_is
from playground.wire import Receive, Scope, Send, body_of, cut_connection, headers_of, send_answer

SIGN_IN = "/login/oauth/"
CODE_LIFE, TOKEN_LIFE, REFRESH_LIFE = timedelta(minutes=10), timedelta(hours=8), timedelta(days=184)
TROUBLE = "/apps/managing-oauth-apps/troubleshooting-oauth-app-access-token-request-errors/#"
ERRORS = {
    "incorrect_client_credentials": "The client_id and/or client_secret passed are incorrect.",
    "redirect_uri_mismatch": "The redirect_uri MUST match the registered callback URL for this application.",
    "bad_verification_code": "The code passed is incorrect or expired.",
}
_HERE = re.compile(r"http://(127\.0\.0\.1|localhost)(:\d+)?(/.*)?")

Reply = tuple[int, dict[str, str], bytes]


@dataclass(frozen=True, slots=True)
class Wish:
    """What an App sends a person's browser with."""

    app: App
    redirect_uri: str
    state: str

    @property
    def origin(self) -> str:
        parts = urlsplit(self.redirect_uri)
        return f"{parts.scheme}://{parts.netloc}"

    def answered(self, code: str) -> str:
        said = urlencode({"code": code, **({"state": self.state} if self.state else {})})
        return f"{self.redirect_uri}{'&' if '?' in self.redirect_uri else '?'}{said}"


class SignInDoor:
    """An ASGI app: what is below /login/oauth/ at one GitHub."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        method, path, headers = scope["method"], scope["path"], headers_of(scope)
        query, body = scope["query_string"].decode("latin-1"), await body_of(receive)
        fault = self.world.faults.strike(method, path)
        if fault is not None and fault.kind is Kind.STATUS:
            await send_answer(send, fault.status, {}, fault.message.encode())
            return
        if fault is not None and fault.kind is Kind.RESET_BEFORE:
            cut_connection(scope)
            return
        match method, path.removeprefix(SIGN_IN):
            case "GET", "authorize":
                reply = self._asked(query, headers)
            case "POST", "authorize":
                reply = self._authorized(body.decode("utf-8", "replace"), headers)
            case "POST", "access_token":
                reply = self._exchanged(body, headers)
            case _:
                reply = self._sorry(Refused(404, "There is no such page in the playground."), "/")
        if fault is not None and fault.kind is Kind.RESET_AFTER:
            cut_connection(scope)
            return
        await send_answer(send, *reply)

    # -- the person ------------------------------------------------------------------------------

    def _asked(self, query: str, headers: Mapping[str, str]) -> Reply:
        if "x-live" in headers:  # nothing on this page changes by itself
            return 204, {}, b""
        address = f"{SIGN_IN}authorize?{query}"
        try:
            wish, who = self._wish(query), self._person(headers)
        except Refused as refused:
            return self._sorry(refused, address)
        page = views.Page(self.world, address, who.login, live=False)
        text = page.show("authorize.html", app=wish.app, redirect_uri=wish.redirect_uri, state=wish.state)
        # A browser asks this of where a form leads in the end as well.
        policy = SECURITY["content-security-policy"].replace("form-action", f"form-action {wish.origin}")
        own = {"content-type": HTML, "cache-control": "no-store", "content-security-policy": policy}
        return 200, {**SECURITY, **own}, text.encode()

    def _authorized(self, form: str, headers: Mapping[str, str]) -> Reply:
        try:
            wish, who = self._wish(form), self._person(headers)
        except Refused as refused:
            return self._sorry(refused, "/")
        self.world.authorized.add((wish.app.id, who.id))
        self.world.changed()
        code = secrets.token_hex(10)
        self.world.sign_in_codes[code] = SignInCode(wish.app, who, wish.redirect_uri, now() + CODE_LIFE)
        return 302, {**SECURITY, "location": wish.answered(code)}, b""

    def _wish(self, asked: str) -> Wish:
        """What was asked for, if GitHub would ask a person for it."""
        told = dict(parse_qsl(asked, keep_blank_values=True))
        app = self.world.app_of(told.get("client_id", ""))
        if app is None:
            raise Refused(404, "No App has this client id.")
        redirect_uri = told.get("redirect_uri") or "".join(app.callback_urls[:1])
        known = app.callback_urls
        if redirect_uri not in known and (known or _HERE.fullmatch(redirect_uri) is None):
            raise Refused(400, f"{redirect_uri or 'Nothing'} is not among the callback URLs of {app.name}.")
        return Wish(app, redirect_uri, told.get("state", ""))

    def _person(self, headers: Mapping[str, str]) -> Account:
        who = self.world.accounts.get(who_is(headers).lower())
        if who is None or who.kind != "User":
            raise Refused(403, f"{who_is(headers)} is no person here. Be somebody else, and go back.")
        return who

    def _sorry(self, refused: Refused, back: str) -> Reply:
        said = views.sorry(self.world, refused.message, back=back)
        return refused.status, {**SECURITY, "content-type": HTML}, said.encode()

    # -- the App ---------------------------------------------------------------------------------

    def _exchanged(self, body: bytes, headers: Mapping[str, str]) -> Reply:
        status, told = exchanged(self.world, _fields(body, headers))
        if "application/json" in headers.get("accept", ""):
            return status, {"content-type": "application/json; charset=utf-8"}, orjson.dumps(told)
        kind = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
        return status, kind, urlencode(told).encode()


def exchanged(world: World, asked: Mapping[str, str]) -> tuple[int, Json]:
    """A token for a code, once. What is wrong is said with status 200, but for an App that is not there."""
    app, code = world.app_of(asked.get("client_id", "")), asked.get("code", "")
    if app is None:
        return 404, {"error": "Not Found"}
    if app.client_secret is None or app.client_secret != asked.get("client_secret"):
        return 200, _error("incorrect_client_credentials")
    found = world.sign_in_codes.get(code)
    if found is None or found.app is not app or found.until <= now():
        return 200, _error("bad_verification_code")
    if asked.get("redirect_uri") not in {None, found.redirect_uri}:
        return 200, _error("redirect_uri_mismatch")
    del world.sign_in_codes[code]
    token = UserToken(f"ghu_{secrets.token_hex(18)}", app, found.account, now() + TOKEN_LIFE)
    world.user_tokens[token.value] = token
    return 200, {
        "access_token": token.value,
        "expires_in": int(TOKEN_LIFE.total_seconds()),
        "refresh_token": f"ghr_{secrets.token_hex(38)}",
        "refresh_token_expires_in": int(REFRESH_LIFE.total_seconds()),
        "token_type": "bearer",
        "scope": "",
    }


def _error(name: str) -> Json:
    link = f"{TROUBLE}{name.replace('_', '-')}"
    return {"error": name, "error_description": ERRORS[name], "error_uri": link}


def _fields(body: bytes, headers: Mapping[str, str]) -> dict[str, str]:
    if not headers.get("content-type", "").startswith("application/json"):
        return dict(parse_qsl(body.decode("utf-8", "replace")))
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return {name: str(value) for name, value in told.items()} if isinstance(told, dict) else {}
