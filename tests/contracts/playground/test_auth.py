"""Who is let in, and for what."""

from __future__ import annotations

import time
from collections.abc import Callable

import httpx
import pytest

from playground import Playground
from playground.driver import Driver
from tests.contracts.playground.conftest import NO_TLS, REPO, client, sign

pytestmark = pytest.mark.usefixtures("clean")


def test_an_app_signs_itself_in_and_gets_a_token_for_its_installation(
    playground: Playground, as_app: httpx.Client
) -> None:
    """App JWT → installation → token → repository, as on GitHub."""
    assert as_app.get("/app").json()["id"] == 4242
    installation = as_app.get(f"{REPO}/installation").json()
    token = as_app.post(f"/app/installations/{installation['id']}/access_tokens").json()
    assert token["token"].startswith("ghs_4242_")
    assert len(token["token"]) > 500
    with client(playground.url, token["token"]) as http:
        assert http.get(REPO).json()["full_name"] == "acme/shop"


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({"iat": -60, "exp": 700}, "too far in the future"),
        ({"iat": -700, "exp": -10}, "'Expiration time' claim ('exp') must be"),
        ({"iat": 120, "exp": 300}, "'Issued at' claim"),
    ],
)
def test_a_jwt_with_wrong_times_is_refused(playground: Playground, claims: dict[str, int], said: str) -> None:
    """`iat` is not in the future, `exp` is, and at most ten minutes."""
    clock = int(time.time())
    moved = {name: clock + seconds for name, seconds in claims.items()}
    with client(playground.url, sign(playground.credentials.private_key, {**moved, "iss": 4242})) as http:
        answer = http.get("/app")
    assert answer.status_code == 401
    assert said in answer.json()["message"]


def test_a_jwt_of_an_unknown_app_finds_no_integration(playground: Playground) -> None:
    """The issuer is the App's id or client id."""
    clock = int(time.time())
    jwt = sign(playground.credentials.private_key, {"iat": clock, "exp": clock + 60, "iss": 1})
    with client(playground.url, jwt) as http:
        assert http.get("/app").json()["message"] == "Integration not found"


def test_a_jwt_with_a_broken_signature_is_refused(as_app: httpx.Client) -> None:
    """The signature is checked against the App's own key."""
    forged = as_app.headers["authorization"][:-8] + "AAAAAAAA"
    assert as_app.get("/app", headers={"authorization": forged}).status_code == 401


def test_a_jwt_that_names_another_algorithm_is_refused(playground: Playground) -> None:
    """Only RS256 counts."""
    clock = int(time.time())
    claims = {"iat": clock, "exp": clock + 60, "iss": 4242}
    with client(playground.url, sign(playground.credentials.private_key, claims, algorithm="none")) as http:
        assert http.get("/app").status_code == 401


def test_an_unknown_token_is_bad_credentials(playground: Playground) -> None:
    """401, in GitHub's words."""
    with client(playground.url, "ghs_4242_nonsense") as http:
        answer = http.get(REPO)
    assert (answer.status_code, answer.json()["message"]) == (401, "Bad credentials")


def test_a_revoked_token_is_worth_nothing(api: httpx.Client) -> None:
    """DELETE /installation/token ends it at once."""
    assert api.delete("/installation/token").status_code == 204
    assert api.get(REPO).status_code == 401


def test_a_token_can_be_made_smaller_but_not_larger(as_app: httpx.Client) -> None:
    """Down-scoping is honoured; asking for more than the installation has is a 422."""
    url = f"/app/installations/{as_app.get(f'{REPO}/installation').json()['id']}/access_tokens"
    small = as_app.post(url, json={"permissions": {"contents": "read"}, "repositories": ["shop"]}).json()
    assert small["permissions"] == {"metadata": "read", "contents": "read"}
    assert [repo["full_name"] for repo in small["repositories"]] == ["acme/shop"]
    assert as_app.post(url, json={"permissions": {"workflows": "write"}}).status_code == 422
    assert as_app.post(url, json={"repositories": ["nowhere"]}).status_code == 422


def test_a_token_for_one_repository_does_not_see_the_other(
    playground: Playground, as_app: httpx.Client, driver: Driver
) -> None:
    """What a token does not cover is not there."""
    driver.adds_repository("acme/secret", private=True)
    url = f"/app/installations/{as_app.get(f'{REPO}/installation').json()['id']}/access_tokens"
    token = as_app.post(url, json={"repositories": ["shop"]}).json()["token"]
    with client(playground.url, token) as http:
        assert http.get(REPO).status_code == 200
        assert http.get("/repos/acme/secret").status_code == 404


def test_a_repository_without_the_app_is_not_found(api: httpx.Client, driver: Driver) -> None:
    """A foreign repository and one that never was look the same."""
    driver.adds_repository("evil/widgets", install=False)
    assert api.get("/repos/evil/widgets").status_code == 404
    assert api.get("/repos/acme/never").status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", f"{REPO}/issues/1/comments", {"body": "hello"}),
        ("POST", f"{REPO}/git/blobs", {"content": "hello"}),
        ("POST", f"{REPO}/pulls", {"title": "t", "head": "feature/discounts", "base": "main"}),
        ("POST", f"{REPO}/check-runs", {"name": "n", "head_sha": "0" * 40}),
    ],
)
def test_writing_needs_the_permission_to_write(
    api_that_may: Callable[..., httpx.Client], method: str, path: str, body: dict[str, str]
) -> None:
    """403 in GitHub's words, and the header that says what was needed."""
    reader = api_that_may(contents="read", issues="read", pull_requests="read", checks="read")
    answer = reader.request(method, path, json=body)
    assert (answer.status_code, answer.json()["message"]) == (403, "Resource not accessible by integration")
    assert "write" in answer.headers["x-accepted-github-permissions"]


def test_a_comment_on_a_pull_request_needs_one_of_two_permissions(
    api_that_may: Callable[..., httpx.Client],
) -> None:
    """issues:write or pull_requests:write, either will do."""
    path = f"{REPO}/issues/1/comments"
    assert api_that_may(issues="write").post(path, json={"body": "a"}).status_code == 201
    assert api_that_may(pull_requests="write").post(path, json={"body": "b"}).status_code == 201


def test_an_uninstalled_app_loses_its_tokens(api: httpx.Client, as_app: httpx.Client, driver: Driver) -> None:
    """After uninstalling nothing is left to log in with."""
    driver.uninstalls("acme")
    assert api.get(REPO).status_code == 401
    assert as_app.get("/app/installations").json() == []


@pytest.mark.parametrize(
    ("login", "permission", "role"),
    [
        ("owner-olga", "admin", "admin"),
        ("maint-mia", "write", "maintain"),
        ("writer-will", "write", "write"),
        ("triage-tom", "read", "triage"),
        ("reader-rita", "read", "read"),
        ("outsider-oz", "none", "none"),
    ],
)
def test_a_role_is_told_whole_and_folded(api: httpx.Client, login: str, permission: str, role: str) -> None:
    """`role_name` is the role, `permission` folds maintain into write and triage into read."""
    said = api.get(f"{REPO}/collaborators/{login}/permission").json()
    assert (said["permission"], said["role_name"]) == (permission, role)


def test_nobody_is_asked_to_authenticate(playground: Playground) -> None:
    """No Authorization header: 401."""
    assert httpx.get(f"{playground.url}{REPO}", trust_env=False, verify=NO_TLS).status_code == 401
