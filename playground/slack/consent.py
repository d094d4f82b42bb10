"""OAuth's page with Allow: for a known App, and an address that it may go back to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

from playground.pages import door as github_pages
from playground.slack import showing
from playground.slack.answers import HTML, Answer, Refused
from playground.slack.api import oauth
from playground.slack.forms import Fields, first
from playground.slack.state import SlackWorld

ALLOW, AUTHORIZE = "/slack/oauth/allow", "/slack/oauth/v2/authorize"
THIS_MACHINE = {"127.0.0.1", "localhost", "::1"}


def consent_page(world: SlackWorld, who: str, asked: Mapping[str, str]) -> Answer:
    """Refused for an App that is not ours, and for an address that is not its own."""
    if asked.get("client_id") != world.app.client_id:
        raise Refused("Invalid client_id parameter.", 400)
    uri = _redirect_uri(world, asked.get("redirect_uri", ""))
    page = showing.Page(world, AUTHORIZE, who, live=False)
    wanted = [*_listed(asked.get("scope", "")), *_listed(asked.get("user_scope", ""))]
    given = "1" if asked.get("redirect_uri") else ""
    text = showing.authorize(page, {**asked, "redirect_uri": uri, "given": given}, wanted)
    # A browser lets no form be redirected to where its policy does not let it be sent.
    policy = github_pages.SECURITY["content-security-policy"]
    policy = policy.replace("form-action 'self'", f"form-action 'self' {_origin(uri)}")
    return 200, {"content-type": HTML, "content-security-policy": policy}, text.encode()


def _redirect_uri(world: SlackWorld, asked: str) -> str:
    allowed = world.settings.redirect_urls
    uri = asked or (allowed[0] if allowed else "")
    if allowed:
        fits = any(uri == one or uri.startswith(f"{one.rstrip('/')}/") for one in allowed)
    else:
        parts = urlsplit(uri)
        fits = parts.scheme in {"http", "https"} and parts.hostname in THIS_MACHINE
    if not fits or not re.fullmatch(r"[!-~]+", uri) or re.search(r"[\"'<>;,\\]", _origin(uri)):
        raise Refused("redirect_uri did not match any configured URIs.", 400)
    return uri


def consented(world: SlackWorld, who: str, fields: Fields) -> Answer:
    """Back to the App, with a code or without one."""
    uri, state = _redirect_uri(world, first(fields, "redirect_uri")), first(fields, "state")
    if first(fields, "answer") == "deny":
        told = {"error": "access_denied", "state": state}
    else:
        told = {"code": _code(world, who, uri, fields), "state": state}
    joined = "&" if "?" in uri else "?"
    return 303, {"location": f"{uri}{joined}{urlencode(told)}"}, b""


def _code(world: SlackWorld, who: str, uri: str, fields: Fields) -> str:
    return oauth.allow(
        world,
        user=who,
        scopes=_listed(first(fields, "scope")),
        user_scopes=_listed(first(fields, "user_scope")),
        redirect_uri=uri if first(fields, "given") else "",
    )


def _listed(scopes: str) -> list[str]:
    return [scope for scope in re.split(r"[,\s]+", scopes) if scope]


def _origin(uri: str) -> str:
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}"
