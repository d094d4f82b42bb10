"""GitHub's rules for check runs."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from playground.driver import Driver, Refusal
from tests.contracts.playground.conftest import FEATURE, REPO, Listener


@pytest.fixture
def sha(driver: Driver) -> str:
    return driver.sees_branches()[FEATURE]


def begin(api: httpx.Client, sha: str, **more: Any) -> int:
    answer = api.post(f"{REPO}/check-runs", json={"name": "run", "head_sha": sha, **more})
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


ACTIONS = [{"label": "Cancel", "description": "Stop it", "identifier": "cancel"}]


@pytest.mark.usefixtures("clean")
def test_a_check_run_goes_from_queued_to_success(
    api: httpx.Client, driver: Driver, listener: Listener, sha: str
) -> None:
    """Every update is kept with its time, and GitHub announces the beginning and the end."""
    run = begin(api, sha, status="queued", external_id="r1", details_url="https://example.test/r1")
    api.patch(f"{REPO}/check-runs/{run}", json={"status": "in_progress"})
    output = {"title": "Done", "summary": "All *well*", "text": "log"}
    done = api.patch(f"{REPO}/check-runs/{run}", json={"conclusion": "success", "output": output}).json()
    assert (done["status"], done["conclusion"]) == ("completed", "success")
    assert done["completed_at"] is not None
    assert [pull["number"] for pull in done["pull_requests"]] == [1]
    seen = driver.sees_check_runs(ref=FEATURE)[0]
    assert [update["status"] for update in seen["history"]] == ["queued", "in_progress", "completed"]
    driver.until_hooks_are_idle()
    assert [said["action"] for said in listener.payloads("check_run")] == ["created", "completed"]


@pytest.mark.usefixtures("clean")
def test_completed_without_conclusion_is_refused(api: httpx.Client, sha: str) -> None:
    """422, which GitHub's description alone would let through."""
    body = {"name": "run", "head_sha": sha, "status": "completed"}
    answer = api.post(f"{REPO}/check-runs", json=body)
    assert (answer.status_code, "conclusion" in answer.json()["message"]) == (422, True)


def test_an_update_to_completed_without_conclusion_is_loud(api: httpx.Client, sha: str) -> None:
    """There GitHub's description knows the rule, so it is a broken contract."""
    answer = api.patch(f"{REPO}/check-runs/{begin(api, sha)}", json={"status": "completed"})
    assert (answer.status_code, "conclusion" in answer.json()["message"]) == (500, True)


@pytest.mark.usefixtures("clean")
def test_a_check_run_on_an_unknown_commit_is_refused(api: httpx.Client) -> None:
    """422, no commit found."""
    answer = api.post(f"{REPO}/check-runs", json={"name": "run", "head_sha": "1" * 40})
    assert (answer.status_code, answer.json()["message"]) == (422, f"No commit found for SHA: {'1' * 40}")


@pytest.mark.usefixtures("clean")
def test_a_text_is_measured_in_bytes(api: httpx.Client, sha: str) -> None:
    """65,535 bytes are allowed; 40,000 two-byte characters are not, though the schema would allow them."""
    run = begin(api, sha)
    fits = {"title": "t", "summary": "s", "text": "x" * 65_535}
    assert api.patch(f"{REPO}/check-runs/{run}", json={"output": fits}).status_code == 200
    answer = api.patch(f"{REPO}/check-runs/{run}", json={"output": {**fits, "text": "é" * 40_000}})
    assert answer.status_code == 422
    assert "Only 65535 characters are allowed; 80000 were supplied" in answer.json()["message"]


@pytest.mark.usefixtures("clean")
def test_annotations_are_added_up(api: httpx.Client, sha: str) -> None:
    """Fifty a request, appended, and paged when read."""
    run = begin(api, sha)
    notes = [
        {
            "path": "shop/prices.py",
            "start_line": line,
            "end_line": line,
            "annotation_level": "failure",
            "message": "m",
        }
        for line in range(1, 51)
    ]
    output = {"title": "t", "summary": "s", "annotations": notes}
    api.patch(f"{REPO}/check-runs/{run}", json={"output": output})
    second = api.patch(f"{REPO}/check-runs/{run}", json={"output": output}).json()
    assert second["output"]["annotations_count"] == 100
    page = api.get(f"{REPO}/check-runs/{run}/annotations", params={"per_page": 60, "page": 2})
    assert len(page.json()) == 40
    assert 'rel="prev"' in page.headers["link"]


@pytest.mark.parametrize(
    "broken",
    [
        {"actions": [*ACTIONS] * 4},
        {"actions": [{**ACTIONS[0], "label": "x" * 21}]},
        {"actions": [{**ACTIONS[0], "description": "x" * 41}]},
        {"actions": [{**ACTIONS[0], "identifier": "x" * 21}]},
    ],
)
def test_buttons_are_few_and_short(
    api: httpx.Client, driver: Driver, sha: str, broken: dict[str, Any]
) -> None:
    """Three actions; labels of 20, descriptions of 40, identifiers of 20 characters; else a loud 500."""
    answer = api.post(f"{REPO}/check-runs", json={"name": "run", "head_sha": sha, **broken})
    assert (answer.status_code, "actions" in answer.json()["message"]) == (500, True)
    assert driver.sees_check_runs() == []


@pytest.mark.usefixtures("clean")
def test_buttons_can_be_pressed_only_after_completion(
    api: httpx.Client, driver: Driver, listener: Listener, sha: str
) -> None:
    """While it runs there is nothing to press; then the press arrives as requested_action."""
    run = begin(api, sha, status="in_progress", actions=ACTIONS)
    with pytest.raises(Refusal, match="only when it is completed"):
        driver.presses("cancel", check_run=run)
    api.patch(f"{REPO}/check-runs/{run}", json={"conclusion": "action_required"})
    driver.presses("cancel", check_run=run, by="maint-mia")
    driver.until_hooks_are_idle()
    pressed = listener.payloads("check_run")[-1]
    assert pressed["action"] == "requested_action"
    assert pressed["requested_action"] == {"identifier": "cancel"}
    assert pressed["sender"]["login"] == "maint-mia"


@pytest.mark.usefixtures("clean")
def test_a_rerun_is_only_told(api: httpx.Client, driver: Driver, listener: Listener, sha: str) -> None:
    """GitHub changes nothing on a re-run: it tells the App."""
    run = begin(api, sha, conclusion="failure")
    driver.reruns(run)
    driver.reruns_suite(api.get(f"{REPO}/check-runs/{run}").json()["check_suite"]["id"])
    driver.until_hooks_are_idle()
    assert listener.payloads("check_run")[-1]["action"] == "rerequested"
    assert listener.payloads("check_suite")[-1]["action"] == "rerequested"
    assert api.get(f"{REPO}/check-runs/{run}").json()["conclusion"] == "failure"


@pytest.mark.usefixtures("clean")
def test_check_runs_are_found_by_commit_name_and_app(api: httpx.Client, driver: Driver, sha: str) -> None:
    """Latest of a name by default, all on request, ours apart from others'."""
    begin(api, sha)
    newest = begin(api, sha)
    driver.foreign_check_run("run", ref=FEATURE)
    path = f"{REPO}/commits/{FEATURE}/check-runs"
    ours = api.get(path, params={"app_id": 4242, "check_name": "run"}).json()
    assert [run["id"] for run in ours["check_runs"]] == [newest]
    assert api.get(path, params={"filter": "all"}).json()["total_count"] == 3
    assert api.get(f"{REPO}/commits/{sha}/check-suites").json()["total_count"] == 2


@pytest.mark.usefixtures("clean")
def test_another_apps_check_run_is_not_ours_to_change(api: httpx.Client, driver: Driver) -> None:
    """403 for a check run that somebody else made."""
    foreign = driver.foreign_check_run("lint", ref=FEATURE)
    answer = api.patch(f"{REPO}/check-runs/{foreign['id']}", json={"status": "in_progress"})
    assert answer.status_code == 403


@pytest.mark.usefixtures("clean")
def test_a_time_that_is_none_is_refused(api: httpx.Client, sha: str) -> None:
    """422, and the check run stays as it was."""
    run = begin(api, sha)
    answer = api.patch(f"{REPO}/check-runs/{run}", json={"started_at": "yesterday"})
    assert (answer.status_code, "yesterday" in answer.json()["message"]) == (422, True)
    assert api.get(f"{REPO}/check-runs/{run}").json()["status"] == "queued"


@pytest.mark.usefixtures("clean")
def test_a_jobs_log_is_somewhere_else(api: httpx.Client, driver: Driver) -> None:
    """GitHub says where; there it is given to whoever has the address, for a minute."""
    job = driver.fails_job("tests", "It failed.\n", ref=FEATURE)
    assert (job["app"]["slug"], job["conclusion"]) == ("github-actions", "failure")

    found = api.get(f"{REPO}/actions/jobs/{job['id']}/logs")

    assert (found.status_code, found.content) == (302, b"")
    there = httpx.URL(found.headers["location"])
    assert there.host != httpx.URL(str(api.base_url)).host
    assert httpx.get(there, trust_env=False).text == "It failed.\n"
    assert httpx.get(f"{there}x", trust_env=False).status_code == 403


def test_who_brings_a_token_to_the_logs_is_told_so_loudly(api: httpx.Client, driver: Driver) -> None:
    """The real host refuses it, and somebody else would have seen it."""
    job = driver.fails_job("tests", "It failed.\n", ref=FEATURE)
    there = api.get(f"{REPO}/actions/jobs/{job['id']}/logs").headers["location"]

    answer = httpx.get(there, headers=dict(api.headers), trust_env=False)

    assert answer.status_code == 401
    assert "a token came to the host of the logs" in str(driver.sees_trouble())


@pytest.mark.usefixtures("clean")
def test_what_is_no_job_has_no_log(api: httpx.Client, driver: Driver, sha: str) -> None:
    """A check run of another App, and one that is not there."""
    for check in (begin(api, sha), 999_999):
        assert api.get(f"{REPO}/actions/jobs/{check}/logs").status_code == 404
