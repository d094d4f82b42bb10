"""Limits, faults, and how loudly the playground says that it does not understand."""

from __future__ import annotations

import time

import httpx
import pytest

from playground.driver import Driver
from tests.contracts.playground.conftest import REPO


@pytest.mark.usefixtures("clean")
def test_the_primary_limit_ends_after_its_number(api: httpx.Client, driver: Driver) -> None:
    """403 with the headers that say when it begins again; looking at /rate_limit stays free."""
    driver.limits(primary=True)
    driver.spends(4_999)
    last = api.get(REPO)
    assert last.headers["x-ratelimit-remaining"] == "0"
    over = api.get(REPO)
    assert over.status_code == 403
    assert "API rate limit exceeded for installation ID" in over.json()["message"]
    assert int(over.headers["x-ratelimit-reset"]) > time.time()
    assert api.get("/rate_limit").json()["rate"]["remaining"] == 0


@pytest.mark.usefixtures("clean")
def test_a_conditional_request_is_free(api: httpx.Client) -> None:
    """A 304 does not count."""
    first = api.get(REPO)
    api.get(REPO, headers={"if-none-match": first.headers["etag"]})
    assert api.get(REPO).headers["x-ratelimit-used"] == str(int(first.headers["x-ratelimit-used"]) + 1)


@pytest.mark.usefixtures("clean")
@pytest.mark.parametrize(("retry_after", "header"), [(60, "60"), (None, None)])
def test_the_secondary_limit_allows_eighty_writes_a_minute(
    api: httpx.Client, driver: Driver, retry_after: int | None, header: str | None
) -> None:
    """GitHub's number, refused with or without `retry-after`."""
    driver.limits(secondary=True, retry_after=retry_after)
    path = f"{REPO}/issues/1/comments"
    statuses = [api.post(path, json={"body": str(number)}).status_code for number in range(80)]
    assert statuses == [201] * 80
    over = api.post(path, json={"body": "one more"})
    assert over.status_code == 403
    assert "secondary rate limit" in over.json()["message"]
    assert over.headers.get("retry-after") == header
    assert next(iter(driver.sees_limits().values()))["most_writes_a_minute"] == 80


@pytest.mark.usefixtures("clean")
def test_the_strict_gap_refuses_haste_in_a_large_number(api: httpx.Client, driver: Driver) -> None:
    """Twenty writes may come at once; the next within a second is refused. All that hurry are counted."""
    driver.limits(strict_gap=True)
    path = f"{REPO}/issues/1/comments"
    statuses = [api.post(path, json={"body": str(number)}).status_code for number in range(21)]
    assert statuses == [201] * 20 + [403]
    time.sleep(1.0)
    assert api.post(path, json={"body": "a second later"}).status_code == 201
    (spent,) = driver.sees_limits().values()
    assert (spent["hasty_writes"], spent["refused"]) == (19, 1)


@pytest.mark.usefixtures("clean")
def test_a_fault_strikes_as_often_as_it_was_asked_to(api: httpx.Client, driver: Driver) -> None:
    """Two failures, then the effect."""
    driver.fails(f"{REPO}/issues/*/comments", method="POST", status=502, times=2)
    path = f"{REPO}/issues/1/comments"
    statuses = [api.post(path, json={"body": "hello"}).status_code for _ in range(3)]
    assert statuses == [502, 502, 201]
    assert len(driver.sees_comments()) == 1


@pytest.mark.usefixtures("clean")
def test_a_connection_can_be_cut_before_and_after_the_effect(api: httpx.Client, driver: Driver) -> None:
    """The caller cannot tell the two apart; the world can."""
    path = f"{REPO}/issues/1/comments"
    driver.cuts(path, method="POST")
    with pytest.raises(httpx.TransportError):
        api.post(path, json={"body": "lost"})
    assert driver.sees_comments() == []
    driver.cuts_after(path, method="POST")
    with pytest.raises(httpx.TransportError):
        api.post(path, json={"body": "written"})
    assert [comment["body"] for comment in driver.sees_comments()] == ["written"]


@pytest.mark.usefixtures("clean")
def test_an_answer_can_lie_about_the_effect(api: httpx.Client, driver: Driver) -> None:
    """502 although the comment is there: the case that makes retries write twice."""
    driver.fails_after("*/comments", method="POST")
    assert api.post(f"{REPO}/issues/1/comments", json={"body": "there"}).status_code == 502
    assert len(driver.sees_comments()) == 1


@pytest.mark.usefixtures("clean")
def test_an_answer_can_be_slow(api: httpx.Client, driver: Driver) -> None:
    """Slower than the caller's patience."""
    driver.slows(REPO, seconds=0.3)
    with pytest.raises(httpx.ReadTimeout):
        api.get(REPO, timeout=0.1)
    assert api.get(REPO).status_code == 200


def test_an_unknown_route_is_loud(api: httpx.Client, driver: Driver) -> None:
    """501, named, and written down."""
    answer = api.get(f"{REPO}/stargazers")
    assert answer.status_code == 501
    assert f"GET {REPO}/stargazers" in answer.json()["message"]
    assert driver.sees_trouble()["unknown_routes"] == [f"GET {REPO}/stargazers"]


@pytest.mark.parametrize(
    ("method", "path", "body", "complaint"),
    [
        ("POST", "/issues/1/comments", {"text": "hello"}, "body"),
        ("POST", "/check-runs", {"name": "n", "head_sha": "1" * 40, "detail_url": "x"}, "detail_url"),
        ("GET", "/pulls?stat=open", None, "stat is not a parameter"),
        ("GET", "/pulls?state=opened", None, "opened"),
        ("POST", "/git/refs", {"ref": "refs/heads/x"}, "sha"),
    ],
)
def test_a_request_that_github_does_not_describe_is_loud(
    api: httpx.Client, driver: Driver, method: str, path: str, body: dict[str, str] | None, complaint: str
) -> None:
    """500 with the complaint, nothing done, and written down."""
    answer = api.request(method, f"{REPO}{path}", json=body)
    assert answer.status_code == 500
    assert complaint in answer.json()["message"]
    assert driver.sees_trouble()["broken_contracts"][0]["side"] == "request"


@pytest.mark.usefixtures("clean")
def test_a_rest_call_costs_a_few_milliseconds(api: httpx.Client, driver: Driver) -> None:
    """With contract and all: tests that use the playground can afford to."""
    sha = driver.sees_branches()["main"]
    run = api.post(f"{REPO}/check-runs", json={"name": "run", "head_sha": sha}).json()["id"]
    output = {"title": "t", "summary": "s", "text": "x" * 10_000}
    began = time.perf_counter()
    answers = [api.patch(f"{REPO}/check-runs/{run}", json={"output": output}) for _ in range(50)]
    spent = (time.perf_counter() - began) / 50
    assert {answer.status_code for answer in answers} == {200}
    assert spent < 0.02
