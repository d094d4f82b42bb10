"""How workspaces allow our App in the playground's Slack: the page with Allow, and the code it brings."""

from __future__ import annotations

import base64

import httpx
import pytest
from slack_sdk import WebClient

from playground.slack import SlackPlayground
from tests.contracts.playground.slack.our_app import refused, web_client

BACK = "http://127.0.0.1:8000/slack/oauth/callback"


def allowed(slack: SlackPlayground, person: str, **asked: str) -> httpx.Response:
    """Somebody's way over the page with Allow."""
    fields = {"client_id": slack.settings.client_id, "redirect_uri": BACK, "state": "s1", **asked}
    url = f"{slack.url}/slack/oauth/v2/authorize"
    page = httpx.get(url, params=fields, headers={"cookie": f"slack_who={person}"}, trust_env=False)
    assert page.status_code == 200
    assert "form-action 'self' http://127.0.0.1:8000;" in page.headers["content-security-policy"]
    form = {**fields, "given": "1", "answer": "allow"}
    cookie = {"cookie": f"slack_who={person}"}
    return httpx.post(f"{slack.url}/slack/oauth/allow", data=form, headers=cookie, trust_env=False)


@pytest.mark.usefixtures("clean")
def test_allow_brings_a_code_that_is_good_once(slack: SlackPlayground) -> None:
    """Exchanged for the token of that person's team; the code works no second time."""
    went = allowed(slack, "U_EVIL", scope="chat:write,commands")
    location = httpx.URL(went.headers["location"])
    assert (went.status_code, location.params["state"]) == (303, "s1")
    client = WebClient(base_url=slack.api_url)
    given = {
        "client_id": slack.settings.client_id,
        "client_secret": slack.settings.client_secret,
        "code": location.params["code"],
        "redirect_uri": BACK,
    }
    said = client.oauth_v2_access(**given)
    assert (said["team"]["id"], said["authed_user"]["id"]) == ("T_EVIL", "U_EVIL")
    assert web_client(slack, said["access_token"]).auth_test()["team_id"] == "T_EVIL"
    assert refused(client.oauth_v2_access, **given)["error"] == "code_already_used"
    assert said["access_token"] not in str(slack.driver.sees_requests())


@pytest.mark.usefixtures("clean")
def test_a_wrong_secret_buys_nothing(slack: SlackPlayground) -> None:
    """In HTTP's Basic as well as in fields."""
    code = httpx.URL(allowed(slack, "U_WILL", scope="commands").headers["location"]).params["code"]
    basic = base64.b64encode(f"{slack.settings.client_id}:wrong".encode()).decode()
    headers = {"authorization": f"Basic {basic}"}
    form = {"code": code, "redirect_uri": BACK}
    url = f"{slack.api_url}oauth.v2.access"
    assert httpx.post(url, data=form, headers=headers, trust_env=False).json()["error"] == "bad_client_secret"


@pytest.mark.parametrize("uri", ["https://evil.test/", "http://127.0.0.1.evil.test/", "javascript:alert(1)"])
def test_nobody_is_sent_to_a_strange_place(slack: SlackPlayground, uri: str) -> None:
    """A redirect_uri that nobody configured has no Allow."""
    fields = {"client_id": slack.settings.client_id, "redirect_uri": uri, "answer": "allow"}
    shown = httpx.get(f"{slack.url}/slack/oauth/v2/authorize", params=fields, trust_env=False)
    went = httpx.post(f"{slack.url}/slack/oauth/allow", data=fields, trust_env=False)
    assert (shown.status_code, went.status_code) == (400, 400)
