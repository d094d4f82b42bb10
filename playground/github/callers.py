"""Whom a request acts as: the App's own bot account, or a person."""

from __future__ import annotations

from playground.github.answers import Call, Refused
from playground.github.auth import Nobody, TokenCaller, UserCaller
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


def person_of(call: Call) -> Account:
    if not isinstance(call.caller, UserCaller):
        raise Refused(401, "Requires authentication")
    return call.caller.token.account
