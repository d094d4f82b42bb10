"""Whom a request acts as: the App's own bot account."""

from __future__ import annotations

from playground.github.answers import Call, Refused
from playground.github.auth import Nobody, TokenCaller
from playground.github.state import Account, App, Token


def via(call: Call) -> App:
    if isinstance(call.caller, Nobody):
        raise Refused(401, "Requires authentication")
    return call.caller.app


def actor(call: Call) -> Account:
    return via(call).bot


def token_of(call: Call) -> Token:
    if not isinstance(call.caller, TokenCaller):
        raise Refused(401, "Requires authentication")
    return call.caller.token
