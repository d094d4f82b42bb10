"""Each operation the playground answers, answered once within GitHub's own description."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from playground import Playground
from playground.driver import Driver
from playground.github.routes import TABLE, AsApp, AsClient, AsUser, Route
from tests.contracts.playground.conftest import FEATURE, NO_TLS, REPO, client
from tests.contracts.playground.signing_in import user_token

BODIES: dict[str, dict[str, Any]] = {
    "DELETE /applications/{client_id}/token": {"access_token": "{user_token}"},
    "PATCH /app/hook/config": {"content_type": "json"},
    "POST /git/refs": {"ref": "refs/heads/new", "sha": "{sha}"},
    "PATCH /git/refs/{ref}": {"sha": "{sha}", "force": True},
    "POST /git/blobs": {"content": "hello", "encoding": "utf-8"},
    "POST /git/trees": {
        "tree": [{"path": "a", "mode": "100644", "type": "blob", "content": "a"}],
        "base_tree": "{tree}",
    },
    "POST /git/commits": {"message": "m", "tree": "{tree}", "parents": ["{sha}"]},
    "POST /pulls": {"title": "t", "head": "second", "base": "main"},
    "PATCH /pulls/{pull_number}": {"title": "Better", "body": "b", "state": "closed", "base": "main"},
    "POST /pulls/{pull_number}/comments": {
        "body": "b",
        "path": "shop/prices.py",
        "line": 3,
        "side": "RIGHT",
        "commit_id": "{sha}",
    },
    "POST /pulls/{pull_number}/comments/{comment_id}/replies": {"body": "b"},
    "PATCH /pulls/comments/{comment_id}": {"body": "c"},
    "POST /issues": {"title": "t", "body": "b"},
    "POST /issues/{issue_number}/comments": {"body": "b"},
    "PATCH /issues/comments/{comment_id}": {"body": "c"},
    "POST /check-runs": {"name": "run", "head_sha": "{sha}"},
    "PATCH /check-runs/{check_run_id}": {
        "status": "completed",
        "conclusion": "success",
        "output": {"title": "t", "summary": "s"},
    },
}
REACTION = {"content": "heart"}


def _filled(value: Any, known: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _filled(inner, known) for name, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, known) for inner in value]
    return known.get(value.strip("{}"), value) if isinstance(value, str) and value[:1] == "{" else value


@pytest.fixture
def token(playground: Playground) -> str:
    """With it the App acts as a person."""
    return user_token(playground, by="writer-will")


@pytest.fixture
def callers(
    playground: Playground, token: str, api: httpx.Client, as_app: httpx.Client
) -> Iterator[dict[Any, httpx.Client]]:
    """Who asks, by what a route wants; for most it is an installation."""
    ours = (playground.credentials.client_id, playground.credentials.client_secret)
    as_client = httpx.Client(base_url=playground.url, auth=ours, trust_env=False, verify=NO_TLS)
    with client(playground.url, token) as as_user, as_client:
        known: dict[Any, httpx.Client] = {AsApp: as_app, AsUser: as_user, AsClient: as_client}
        yield {route.guard: known.get(route.guard, api) for route in TABLE}


@pytest.fixture
def known(
    driver: Driver, playground: Playground, api: httpx.Client, as_app: httpx.Client, token: str
) -> dict[str, str]:
    """A value for each hole of a template, of things that exist."""
    driver.pushes({"second.txt": "2\n"}, branch="second")
    driver.joins_team("writer-will", "acme/release")
    sha = driver.sees_branches()[FEATURE]
    run = api.post(
        f"{REPO}/check-runs", json={"name": "run", "head_sha": sha, "conclusion": "failure"}
    ).json()
    driver.sets_webhook("http://127.0.0.1:1/")
    comment = driver.comments("hello")["id"]
    tree = api.get(f"{REPO}/git/trees/{sha}").json()
    driver.sets_webhook("")
    return {
        "owner": "acme",
        "repo": "shop",
        "org": "acme",
        "team_slug": "release",
        "username": "writer-will",
        "account_id": str(driver.sees_state()["accounts"]["writer-will"]["id"]),
        "client_id": playground.credentials.client_id,
        "user_token": token,
        "app_slug": "devops-agent",
        "installation_id": str(as_app.get(f"{REPO}/installation").json()["id"]),
        "delivery_id": str(as_app.get("/app/hook/deliveries").json()[0]["id"]),
        "branch": FEATURE,
        "commit_sha": sha,
        "basehead": f"main...{FEATURE}",
        "path": "README.md",
        "file_sha": tree["tree"][0]["sha"],
        "tree_sha": "main",
        "pull_number": "1",
        "issue_number": "1",
        "check_run_id": str(run["id"]),
        "check_suite_id": str(run["check_suite"]["id"]),
        "job_id": str(driver.fails_job("tests", "It failed.\n", ref=FEATURE)["id"]),
        "sha": sha,
        "tree": tree["sha"],
        "comment": str(comment),
        "review": str(driver.comments_on_line("hm", "shop/prices.py")["id"]),
    }


def _specific(route: Route, known: dict[str, str], api: httpx.Client) -> dict[str, str]:
    """Holes whose value depends on the route they are in."""
    comment = known["review"] if "/pulls/" in route.template else known["comment"]
    kind = "pulls" if "/pulls/" in route.template else "issues"
    ref = FEATURE if "/commits/" in route.template else "heads/second"
    reaction = api.post(f"{REPO}/{kind}/comments/{comment}/reactions", json={"content": "eyes"}).json()["id"]
    return {**known, "comment_id": comment, "ref": ref, "reaction_id": str(reaction)}


@pytest.mark.usefixtures("clean")
@pytest.mark.parametrize("route", [pytest.param(r, id=r.name) for r in TABLE if "/users/" not in r.template])
def test_a_route_is_answered_as_github_describes_it(
    route: Route, known: dict[str, str], api: httpx.Client, callers: dict[Any, httpx.Client]
) -> None:
    """2xx, or where it is, with a body that GitHub's own description allows."""
    values = _specific(route, known, api)
    short = route.name.replace("/repos/{owner}/{repo}", "")
    body = _filled(BODIES.get(short), values) or (REACTION if short.endswith("/reactions") else None)
    path = route.template.format_map(values)
    answer = callers[route.guard].request(route.method, path, json=body if route.method != "GET" else None)
    assert answer.status_code < 400, answer.text


@pytest.mark.usefixtures("clean")
def test_people_and_their_installations_are_found_by_name(
    api: httpx.Client, as_app: httpx.Client, driver: Driver
) -> None:
    """A user, and the installation on a user's own account."""
    assert api.get("/users/maint-mia").json()["login"] == "maint-mia"
    driver.adds_account("solo")
    driver.adds_repository("solo/tool")
    assert as_app.get("/users/solo/installation").json()["account"]["login"] == "solo"
    assert as_app.get("/users/maint-mia/installation").status_code == 404
