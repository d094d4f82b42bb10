"""The pages: what a person sees."""

from __future__ import annotations

import re

import httpx
import pytest

from playground import Playground
from playground.driver import Driver
from tests.contracts.playground.conftest import FEATURE, NO_TLS, REPO

pytestmark = pytest.mark.usefixtures("clean")


def page(playground: Playground, path: str, **headers: str) -> httpx.Response:
    return httpx.get(f"{playground.url}{path}", headers=headers, trust_env=False, verify=NO_TLS)


def test_a_comment_is_shown_as_github_would_show_it(playground: Playground, driver: Driver) -> None:
    """Markdown, mentions as links, no script, no hidden marker."""
    driver.comments("**bold** @maint-mia `@maint-mia` <script>alert(1)</script> <!-- agent:run:1 -->")
    html = page(playground, "/acme/shop/pull/1").text
    assert "<strong>bold</strong>" in html
    assert html.count(">@maint-mia</a>") == 1
    assert "alert(1)" not in html
    assert "agent:run:1" not in html


def test_a_page_knows_when_nothing_changed(playground: Playground, driver: Driver, api: httpx.Client) -> None:
    """204 while the version is the same; the changing part when a check run moved."""
    first = page(playground, "/acme/shop/pull/1")
    version = first.headers["x-version"]
    assert page(playground, "/acme/shop/pull/1", **{"x-live": version}).status_code == 204
    sha = driver.sees_branches()[FEATURE]
    api.post(f"{REPO}/check-runs", json={"name": "devops-agent / run", "head_sha": sha})
    changed = page(playground, "/acme/shop/pull/1", **{"x-live": version})
    assert "devops-agent / run" in changed.text
    assert "<html" not in changed.text


def test_buttons_are_there_only_after_completion(
    playground: Playground, driver: Driver, api: httpx.Client
) -> None:
    """And a press of one is a press of that person."""
    sha = driver.sees_branches()[FEATURE]
    actions = [{"label": "Try again", "description": "d", "identifier": "retry"}]
    body = {"name": "run", "head_sha": sha, "status": "in_progress", "actions": actions}
    run = api.post(f"{REPO}/check-runs", json=body).json()["id"]
    assert "Try again" not in page(playground, "/acme/shop/pull/1").text
    api.patch(f"{REPO}/check-runs/{run}", json={"conclusion": "failure"})
    assert "Try again" in page(playground, "/acme/shop/pull/1").text
    form = {"check_run": str(run), "identifier": "retry", "back": "/acme/shop/pull/1"}
    pressed = httpx.post(f"{playground.url}/playground/do/press", data=form, trust_env=False, verify=NO_TLS)
    assert (pressed.status_code, pressed.headers["location"]) == (303, "/acme/shop/pull/1")


@pytest.mark.parametrize("path", ["/acme/shop/pull/1", "/acme/shop/runs/{run}"])
def test_an_open_check_run_can_be_cancelled(
    playground: Playground, driver: Driver, api: httpx.Client, path: str
) -> None:
    """By a comment with its external id, as the person one is; GitHub has no button there."""
    sha = driver.sees_branches()[FEATURE]
    body = {"name": "run", "head_sha": sha, "status": "in_progress", "external_id": "abc1234567"}
    run = api.post(f"{REPO}/check-runs", json=body).json()["id"]
    html = page(playground, path.format(run=run)).text
    form = html.partition('action="/playground/do/comment">')[2].partition("<button>Cancel</button>")[0]
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))

    url = f"{playground.url}/playground/do/comment"
    cookie = {"cookie": "who=maint-mia"}
    httpx.post(url, data=fields, headers=cookie, trust_env=False, verify=NO_TLS)

    said = [(comment["author"], comment["body"]) for comment in driver.sees_comments()]
    assert said == [("maint-mia", "/agent cancel abc1234567")]


def test_what_is_not_ours_or_over_has_no_cancel(
    playground: Playground, driver: Driver, api: httpx.Client
) -> None:
    """A check run that names no run of ours, and one that has ended."""
    sha = driver.sees_branches()[FEATURE]
    api.post(f"{REPO}/check-runs", json={"name": "lint", "head_sha": sha, "status": "in_progress"})
    over = {"name": "run", "head_sha": sha, "external_id": "abc1234567", "conclusion": "success"}
    api.post(f"{REPO}/check-runs", json=over)

    assert "Cancel" not in page(playground, "/acme/shop/pull/1").text


def test_another_web_page_may_not_act_here(playground: Playground, driver: Driver) -> None:
    """A form on a strange site cannot comment as anybody."""
    form = {"repo": "acme/shop", "number": "1", "text": "/agent run", "user": "owner-olga"}
    url = f"{playground.url}/playground/do/comment"
    answer = httpx.post(
        url, data=form, headers={"origin": "http://evil.test"}, trust_env=False, verify=NO_TLS
    )
    assert answer.status_code == 403
    assert driver.sees_comments() == []
    ours = httpx.post(url, data=form, headers={"origin": playground.url}, trust_env=False, verify=NO_TLS)
    assert ours.status_code == 303
    assert [comment["author"] for comment in driver.sees_comments()] == ["owner-olga"]


@pytest.mark.parametrize("path", ["/", "/acme/shop", "/acme/shop/pull/1", "/playground/deliveries"])
def test_every_page_opens(playground: Playground, path: str) -> None:
    """With a policy that loads nothing from elsewhere."""
    answer = page(playground, path)
    assert answer.status_code == 200
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_a_page_that_is_not_there_says_so(playground: Playground) -> None:
    """404, in a sentence."""
    answer = page(playground, "/acme/shop/pull/99")
    assert answer.status_code == 404
