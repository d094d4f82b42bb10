"""Signing in at a playground by hand: the address an App sends people to, and the token for their code."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx

from playground import Playground
from tests.contracts.playground.conftest import NO_TLS

BACK = "http://127.0.0.1:1/slack/linked"


def address(playground: Playground, **changed: str) -> str:
    asked = {"client_id": playground.credentials.client_id, "redirect_uri": BACK, "state": "s1", **changed}
    return f"{playground.url}/login/oauth/authorize?{urlencode(asked)}"


def code_for(playground: Playground, *, by: str) -> str:
    back = playground.driver.authorizes(address(playground), by=by)
    return parse_qs(urlsplit(back).query)["code"][0]


def exchanged(playground: Playground, code: str, **changed: str) -> httpx.Response:
    """What the App is answered, as a form and in JSON."""
    known = playground.credentials
    asked = {"client_id": known.client_id, "client_secret": known.client_secret, "code": code, **changed}
    url, accept = f"{playground.url}/login/oauth/access_token", {"accept": "application/json"}
    return httpx.post(url, data=asked, headers=accept, trust_env=False, verify=NO_TLS)


def user_token(playground: Playground, *, by: str) -> str:
    told: dict[str, Any] = exchanged(playground, code_for(playground, by=by)).json()
    return str(told["access_token"])
