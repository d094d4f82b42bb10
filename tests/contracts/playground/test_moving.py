"""Repositories that are renamed, transferred, archived, deleted or taken from the App."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from playground.driver import Driver
from tests.contracts.playground.conftest import REPO

pytestmark = pytest.mark.usefixtures("clean")


def told(driver: Driver, event: str) -> list[dict[str, Any]]:
    """The payloads of this event, oldest first."""
    return [each["request"]["payload"] for each in driver.sees_deliveries() if each["event"] == event]


@pytest.fixture
def heard(driver: Driver) -> Driver:
    """A playground whose webhooks are written down, though nobody answers them."""
    driver.sets_webhook("http://127.0.0.1:9/")
    return driver


def test_the_old_name_of_a_repository_leads_to_the_new_one(driver: Driver, api: httpx.Client) -> None:
    """With a 301 to a question, to an address by id that is answered."""
    driver.renames("store")

    moved = api.get(f"{REPO}/pulls", params={"state": "all"}, follow_redirects=False)

    assert moved.status_code == 301
    assert moved.headers["location"].endswith("/pulls?state=all")
    assert "/repositories/" in moved.headers["location"]
    found = api.get(f"{REPO}/pulls/1", follow_redirects=True).json()
    assert found["base"]["repo"]["full_name"] == "acme/store"


def test_what_is_written_to_the_old_name_arrives(driver: Driver, api: httpx.Client) -> None:
    """A 307 keeps method and body."""
    driver.renames("store")
    body = {"body": "hello"}

    moved = api.post(f"{REPO}/issues/1/comments", json=body, follow_redirects=False)
    written = api.post(f"{REPO}/issues/1/comments", json=body, follow_redirects=True)

    assert (moved.status_code, written.status_code) == (307, 201)
    assert [each["body"] for each in driver.sees_comments(1, repo="acme/store")] == ["hello"]


def test_a_name_that_somebody_took_leads_nowhere_else(driver: Driver, api: httpx.Client) -> None:
    """A new repository of the old name is what it says."""
    driver.renames("store")
    new = driver.adds_repository("acme/shop")

    assert api.get(REPO, follow_redirects=False).json()["id"] == new["id"]


def test_a_rename_is_told_with_the_name_before(heard: Driver) -> None:
    """As GitHub tells it."""
    heard.renames("store")

    (payload,) = told(heard, "repository")
    assert (payload["action"], payload["repository"]["full_name"]) == ("renamed", "acme/store")
    assert payload["changes"] == {"repository": {"name": {"from": "shop"}}}


def test_a_transfer_takes_the_repository_from_the_app(heard: Driver, api: httpx.Client) -> None:
    """The installation loses it, and the token sees it no more under any name."""
    heard.adds_account("newcorp", kind="Organization")

    heard.transfers("newcorp")

    (payload,) = told(heard, "installation_repositories")
    assert (payload["action"], payload["repositories_removed"][0]["full_name"]) == ("removed", "newcorp/shop")
    assert api.get(REPO, follow_redirects=True).status_code == 404


def test_a_transfer_to_where_the_app_is_installed_is_told_there(heard: Driver) -> None:
    """By the new owner's installation, with the owner before."""
    heard.adds_repository("newcorp/tool")

    heard.transfers("newcorp", install=True)

    (payload,) = told(heard, "repository")
    assert payload["action"] == "transferred"
    assert payload["changes"]["owner"]["from"]["organization"]["login"] == "acme"


def test_an_archived_repository_is_read_only(heard: Driver, api: httpx.Client) -> None:
    """Reading works, writing is refused."""
    heard.archives()

    assert api.get(REPO).json()["archived"] is True
    assert api.post(f"{REPO}/issues/1/comments", json={"body": "b"}).status_code == 403
    assert [payload["action"] for payload in told(heard, "repository")] == ["archived"]


def test_a_deleted_repository_is_gone(heard: Driver, api: httpx.Client) -> None:
    """And told before it is."""
    heard.deletes_repository()

    assert api.get(REPO).status_code == 404
    assert [payload["action"] for payload in told(heard, "repository")] == ["deleted"]


def test_one_repository_is_taken_from_the_app(heard: Driver, api: httpx.Client) -> None:
    """The others stay."""
    heard.adds_repository("acme/other")

    heard.removes_repository()

    assert api.get(REPO).status_code == 404
    assert api.get("/repos/acme/other").status_code == 200
    assert [payload["action"] for payload in told(heard, "installation_repositories")] == ["removed"]
