"""The door to the Web API: `/slack/api/<method>`, arguments in a form or in JSON, errors in Slack's words."""

from __future__ import annotations

import asyncio
import base64
import binascii
import time
from collections.abc import Mapping
from urllib.parse import parse_qsl

import orjson

from playground.slack.answers import Json, Refused, SlackError
from playground.slack.api.call import Call
from playground.slack.api.methods import METHODS, Key, Method
from playground.slack.faults import CUT, Fault
from playground.slack.model import Standing, Token
from playground.slack.state import SlackWorld
from playground.wire import Receive, Scope, Send, body_of, cut_connection, headers_of, send_answer

PREFIX = "/slack/api/"
JSON = "application/json"
HIDDEN = {"token", "client_secret"}
NO_STANDING = {Standing.REVOKED: "token_revoked", Standing.UNINSTALLED: "account_inactive"}


class ApiDoor:
    """An ASGI app: the methods of one world."""

    def __init__(self, world: SlackWorld) -> None:
        self.world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        name: str = scope["path"].removeprefix(PREFIX)
        headers = headers_of(scope)
        body = await body_of(receive)
        fault = self.world.faults.strike(name)
        if fault is not None:
            await asyncio.sleep(fault.seconds)
        status, own, answer = self._answer(name, scope, headers, body, fault)
        if fault is not None and fault.error == CUT:
            cut_connection(scope)
        elif fault is not None and fault.status is not None:
            await send_answer(send, status, {"content-type": "text/html"}, b"<h1>Something broke</h1>")
        else:
            own = {**own, "content-type": "application/json; charset=utf-8"}
            await send_answer(send, status, own, orjson.dumps(answer))

    def _answer(
        self, name: str, scope: Scope, headers: Mapping[str, str], body: bytes, fault: Fault | None
    ) -> tuple[int, dict[str, str], Json]:
        """Do what is asked, or meet a fault, or both; and write down what was answered."""
        call = Call(self.world, name, {}, None)
        try:
            call.args = _arguments(scope, headers, body)
            if fault is not None and not fault.after:
                raise fault.refusal()
            answer = self._done(call, headers)
            status, own = 200, self._scopes(call)
            if fault is not None:
                raise fault.refusal()
        except SlackError as refused:
            status, own, answer = refused.status, dict(refused.headers), refused.body()
        except Refused as refused:  # what a method looks for by itself is there, or it is a bug of ours
            self.world.break_contract(name, [f"could not be done: {refused.message}"])
            status, own, answer = 200, {}, {"ok": False, "error": "internal_error"}
        self.world.requests.append(
            {
                "method": name,
                "team": call.holder.team if call.holder else None,
                "args": {key: value for key, value in call.args.items() if key not in HIDDEN},
                "status": status,
                "answer": _without_tokens(answer),
                "headers": own,
                "at": time.time(),
            }
        )
        return status, own, answer

    def _done(self, call: Call, headers: Mapping[str, str]) -> Json:
        method = METHODS.get(call.method)
        if method is None:
            said = "this Slack does not know it; teach it in playground/slack/api/methods.py"
            self.world.break_contract(call.method, [said])
            raise SlackError("unknown_method", req_method=call.method)
        self._admit(call, method, headers)
        if not method.reads_json and _kind(headers) == JSON and call.args:
            said = "was sent JSON, of which Slack reads nothing here: its arguments are a form or a query"
            self.world.break_contract(call.method, [said])
            call.args = {}
        superfluous = sorted(call.args.keys() - method.takes - {"token", "team_id"})
        self.world.break_contract(call.method, [f"{name} is no argument of it" for name in superfluous])
        if method.scope:
            call.need(method.scope)
        team = call.holder.team if call.holder else ""
        self.world.limits.charge(call.method, method.tier, team=team, channel=call.text("channel"))
        return method.do(call)

    def _admit(self, call: Call, method: Method, headers: Mapping[str, str]) -> None:
        if method.key is Key.CLIENT:
            call.client = _basic(headers)
            return
        scheme, _, value = headers.get("authorization", "").partition(" ")
        given = value.strip() if scheme.lower() == "bearer" else call.text("token")
        if not given:
            raise SlackError("not_authed")
        if method.key is Key.APP:
            if given != self.world.app.app_token:
                raise SlackError("not_allowed_token_type" if given in self.world.tokens else "invalid_auth")
            return
        call.holder = self._holder(given)

    def _holder(self, given: str) -> Token:
        found = self.world.tokens.get(given)
        if found is None:
            is_app = given == self.world.app.app_token
            raise SlackError("not_allowed_token_type" if is_app else "invalid_auth")
        if found.standing is not Standing.ACTIVE:
            raise SlackError(NO_STANDING[found.standing])
        if self.world.users[found.user].deleted:
            raise SlackError("account_inactive")
        return found

    def _scopes(self, call: Call) -> dict[str, str]:
        if call.holder is None:
            return {}
        needed = METHODS[call.method].scope
        return {"x-oauth-scopes": ",".join(call.holder.scopes), "x-accepted-oauth-scopes": needed}


def _arguments(scope: Scope, headers: Mapping[str, str], body: bytes) -> Json:
    asked: Json = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
    if not body:
        return asked
    if _kind(headers) == JSON:
        try:
            said = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise SlackError("invalid_json") from error
        if not isinstance(said, dict):
            raise SlackError("json_not_object")
        return asked | said
    if _kind(headers) != "application/x-www-form-urlencoded":
        raise SlackError("invalid_post_type")
    return asked | dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def _kind(headers: Mapping[str, str]) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def _basic(headers: Mapping[str, str]) -> tuple[str, str] | None:
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise SlackError("invalid_client_id") from error
    return client, secret


def _without_tokens(answer: Json) -> Json:
    """What is remembered holds no secret, so that a test can look for secrets in it."""
    return {
        key: _without_tokens(value) if isinstance(value, dict) else value
        for key, value in answer.items()
        if key != "access_token"
    }
