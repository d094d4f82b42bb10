"""Code: the Git Data API, pull requests, and real git over HTTP."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from playground import Playground
from playground.driver import Driver
from tests.contracts.playground.conftest import FEATURE, NO_TLS, REPO, Listener

pytestmark = pytest.mark.usefixtures("clean")


def commit(api: httpx.Client, parent: str, tree: list[dict[str, str | None]], **more: object) -> str:
    base = api.get(f"{REPO}/git/commits/{parent}").json()["tree"]["sha"]
    made = api.post(f"{REPO}/git/trees", json={"base_tree": base, "tree": tree})
    assert made.status_code == 201, made.text
    body = {"message": "Fix it", "tree": made.json()["sha"], "parents": [parent], **more}
    return str(api.post(f"{REPO}/git/commits", json=body).json()["sha"])


def entry(path: str, content: str, mode: str = "100644") -> dict[str, str | None]:
    return {"path": path, "mode": mode, "type": "blob", "content": content}


def test_a_patch_becomes_a_pull_request_through_the_git_data_api(
    api: httpx.Client, driver: Driver, listener: Listener
) -> None:
    """blob → tree → commit → ref → pull request, with modes and deletions."""
    head = driver.sees_branches()[FEATURE]
    blob = api.post(
        f"{REPO}/git/blobs", json={"content": base64.b64encode(b"\0bin").decode(), "encoding": "base64"}
    ).json()["sha"]
    sha = commit(
        api,
        head,
        [
            entry("run.sh", "#!/bin/sh\n", "100755"),
            {"path": "data.bin", "mode": "100644", "type": "blob", "sha": blob},
            {"path": "CHANGELOG.md", "mode": "100644", "type": "blob", "sha": None},
        ],
    )
    api.post(f"{REPO}/git/refs", json={"ref": "refs/heads/agent/1", "sha": sha})
    pull = api.post(
        f"{REPO}/pulls", json={"title": "Fix", "head": "agent/1", "base": FEATURE, "body": "b"}
    ).json()
    assert (pull["number"], pull["user"]["login"], pull["mergeable"]) == (2, "devops-agent[bot]", True)
    files = {file["path"]: (file["status"], file["mode"]) for file in driver.sees_pull(2)["files"]}
    assert files == {
        "run.sh": ("added", "100755"),
        "data.bin": ("added", "100644"),
        "CHANGELOG.md": ("removed", None),
    }
    driver.until_hooks_are_idle()
    assert listener.events == ["push", "check_suite", "pull_request"]


def test_a_commit_without_author_is_signed_by_the_platform(api: httpx.Client, driver: Driver) -> None:
    """Verified, by the App's bot; with an author of one's own it is unsigned."""
    head = driver.sees_branches()["main"]
    signed = api.get(f"{REPO}/git/commits/{commit(api, head, [entry('a', 'a')])}").json()
    assert signed["verification"]["verified"] is True
    assert signed["author"]["name"] == "devops-agent[bot]"
    author = {"name": "Me", "email": "me@example.test"}
    named = api.get(f"{REPO}/git/commits/{commit(api, head, [entry('a', 'a')], author=author)}").json()
    assert named["verification"]["reason"] == "unsigned"


def test_a_ref_exists_once_and_moves_only_forward(api: httpx.Client, driver: Driver) -> None:
    """422 for a second one, 422 for what is no fast-forward unless forced."""
    heads = driver.sees_branches()
    new = {"ref": "refs/heads/agent/1", "sha": heads["main"]}
    assert api.post(f"{REPO}/git/refs", json=new).status_code == 201
    assert api.post(f"{REPO}/git/refs", json=new).json()["message"] == "Reference already exists"
    path = f"{REPO}/git/refs/heads/agent/1"
    assert api.patch(path, json={"sha": heads[FEATURE]}).status_code == 200
    back = api.patch(path, json={"sha": heads["main"]})
    assert (back.status_code, back.json()["message"]) == (422, "Update is not a fast forward")
    assert api.patch(path, json={"sha": heads["main"], "force": True}).status_code == 200
    assert api.delete(path).status_code == 204
    assert api.get(f"{REPO}/git/ref/heads/agent/1").status_code == 404


def test_workflow_files_need_their_own_permission(api: httpx.Client, driver: Driver) -> None:
    """Without `workflows` nobody writes `.github/workflows`."""
    head = driver.sees_branches()["main"]
    base = api.get(f"{REPO}/git/commits/{head}").json()["tree"]["sha"]
    tree = [entry(".github/workflows/ci.yml", "on: push\n")]
    answer = api.post(f"{REPO}/git/trees", json={"base_tree": base, "tree": tree})
    assert (answer.status_code, answer.json()["message"]) == (403, "Resource not accessible by integration")


def test_a_second_pull_request_of_a_branch_is_refused(api: httpx.Client) -> None:
    """422, and so is one without commits."""
    body = {"title": "Again", "head": FEATURE, "base": "main"}
    twice = api.post(f"{REPO}/pulls", json=body)
    assert twice.json()["errors"][0]["message"] == f"A pull request already exists for acme:{FEATURE}."
    empty = api.post(f"{REPO}/pulls", json={"title": "None", "head": "main", "base": FEATURE})
    assert "No commits between" in empty.json()["errors"][0]["message"]


def test_a_push_moves_the_pull_request(api: httpx.Client, driver: Driver, listener: Listener) -> None:
    """`synchronize` with before and after; closing, reopening and drafting are told too."""
    pushed = driver.pushes({"shop/new.py": "x = 1\n"}, branch=FEATURE)
    driver.drafts(1)
    driver.readies(1)
    driver.closes(1)
    driver.reopens(1)
    driver.deletes_branch(FEATURE)
    driver.until_hooks_are_idle()
    heard = listener.payloads("pull_request")
    actions = [said["action"] for said in heard]
    assert actions == [
        "synchronize",
        "converted_to_draft",
        "ready_for_review",
        "closed",
        "reopened",
        "closed",
    ]
    assert (heard[0]["before"], heard[0]["after"]) == (pushed["before"], pushed["sha"])
    assert api.get(f"{REPO}/pulls/1").json()["state"] == "closed"


def test_a_pull_request_from_a_fork_has_its_head_in_the_base_repository(
    api: httpx.Client, driver: Driver
) -> None:
    """`refs/pull/N/head`, though the fork itself is not ours to see."""
    driver.forks("outsider-oz")
    driver.pushes({"a.txt": "a\n"}, branch="idea", repo="outsider-oz/shop", by="outsider-oz")
    pull = driver.opens_pull("outsider-oz:idea", by="outsider-oz", title="From outside")
    head = api.get(f"{REPO}/pulls/{pull['number']}").json()["head"]
    assert (head["repo"]["full_name"], head["repo"]["fork"]) == ("outsider-oz/shop", True)
    ref = api.get(f"{REPO}/git/ref/pull/{pull['number']}/head").json()
    assert ref["object"]["sha"] == head["sha"]
    assert api.get("/repos/outsider-oz/shop").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/branches",
        f"/branches/{FEATURE}",
        "/commits",
        f"/commits/{FEATURE}",
        f"/compare/main...{FEATURE}",
        "/contents/",
        "/contents/shop",
        f"/contents/shop/prices.py?ref={FEATURE}",
        f"/git/ref/heads/{FEATURE}",
        "/git/matching-refs/heads/feat",
        "/git/trees/main?recursive=1",
        "/pulls?state=all&head=acme:feature/discounts&base=main",
        "/pulls/1",
        "/pulls/1/files",
        "/pulls/1/commits",
        "/pulls/1/comments",
        "/issues",
        "/issues/1",
        "/issues/1/reactions",
        f"/commits/{FEATURE}/check-runs",
        f"/commits/{FEATURE}/check-suites",
    ],
)
def test_what_can_be_read_keeps_githubs_shape(api: httpx.Client, path: str) -> None:
    """Answered, whole enough for GitHub's own description, and with an ETag that saves the second look."""
    answer = api.get(f"{REPO}{path}")
    assert answer.status_code == 200, answer.text
    again = api.get(f"{REPO}{path}", headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304


def test_a_file_comes_raw_when_asked(api: httpx.Client) -> None:
    """The raw media type gives the bytes; what is not there is 404."""
    raw = api.get(f"{REPO}/contents/README.md", headers={"accept": "application/vnd.github.raw+json"})
    assert raw.text.startswith("# shop")
    assert api.get(f"{REPO}/contents/.github/agent.yml").status_code == 404


def git(*arguments: str, at: Path) -> subprocess.CompletedProcess[str]:
    who = ["-c", "user.name=t", "-c", "user.email=t@example.test", "-c", "credential.helper="]
    environment = {"PATH": "/usr/bin:/bin", "GIT_TERMINAL_PROMPT": "0", "HOME": str(at)}
    return subprocess.run(
        ["git", *who, *arguments], cwd=at, env=environment, capture_output=True, text=True, check=False
    )


def remote(playground: Playground, token: str, name: str = "acme/shop") -> str:
    return f"{playground.url.replace('://', f'://x-access-token:{token}@')}/{name}.git"


def test_git_clones_a_pinned_commit_and_pushes_a_branch(
    playground: Playground, driver: Driver, listener: Listener, tmp_path: Path
) -> None:
    """A shallow fetch by sha, and a push that GitHub announces."""
    address, sha = remote(playground, driver.token()), driver.sees_branches()[FEATURE]
    git("init", "-q", "-b", "work", at=tmp_path)
    fetched = git("fetch", "-q", "--depth=1", "--filter=blob:none", address, sha, at=tmp_path)
    assert fetched.returncode == 0, fetched.stderr
    git("fetch", "-q", address, "refs/heads/main", at=tmp_path)
    git("checkout", "-q", "FETCH_HEAD", at=tmp_path)
    (tmp_path / "new.txt").write_text("new\n")
    git("add", "new.txt", at=tmp_path)
    git("commit", "-q", "-m", "New", at=tmp_path)
    pushed = git("push", "-q", address, "HEAD:refs/heads/pushed", at=tmp_path)
    assert pushed.returncode == 0, pushed.stderr
    assert driver.sees_file("new.txt", ref="pushed") == "new\n"
    driver.until_hooks_are_idle()
    assert listener.payloads("push")[0]["ref"] == "refs/heads/pushed"


def test_git_refuses_a_push_of_a_workflow(playground: Playground, driver: Driver, tmp_path: Path) -> None:
    """In the words that people know from GitHub."""
    git("clone", "-q", remote(playground, driver.token()), "w", at=tmp_path)
    workflow = tmp_path / "w" / ".github" / "workflows" / "ci.yml"
    workflow.parent.mkdir(parents=True)
    workflow.write_text("on: push\n")
    git("add", ".", at=tmp_path / "w")
    git("commit", "-qm", "ci", at=tmp_path / "w")
    pushed = git("push", "origin", "HEAD:refs/heads/ci", at=tmp_path / "w")
    assert "refusing to allow a GitHub App to create or update workflow" in pushed.stderr
    assert "ci" not in driver.sees_branches()


@pytest.mark.parametrize(
    ("permissions", "name", "service", "status"),
    [
        ({"contents": "read"}, "acme/shop", "git-upload-pack", 200),
        ({"contents": "read"}, "acme/shop", "git-receive-pack", 403),
        ({"issues": "write"}, "acme/shop", "git-upload-pack", 403),
        ({"contents": "write"}, "evil/widgets", "git-upload-pack", 404),
        ({"contents": "write"}, "acme/never", "git-upload-pack", 404),
    ],
)
def test_git_asks_what_the_token_may(
    playground: Playground,
    driver: Driver,
    permissions: dict[str, str],
    name: str,
    service: str,
    status: int,
) -> None:
    """Reading needs contents:read, pushing contents:write, and a foreign repository is not there."""
    driver.adds_repository("evil/widgets", install=False)
    auth = ("x-access-token", driver.token(permissions=permissions))
    url = f"{playground.url}/{name}.git/info/refs"
    answer = httpx.get(url, params={"service": service}, auth=auth, trust_env=False, verify=NO_TLS)
    assert answer.status_code == status


def test_git_with_a_bad_token_is_asked_again(playground: Playground) -> None:
    """401 with the challenge that git understands."""
    url = f"{playground.url}/acme/shop.git/info/refs?service=git-upload-pack"
    answer = httpx.get(url, auth=("x-access-token", "nonsense"), trust_env=False, verify=NO_TLS)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Basic realm="GitHub"')


def test_a_workflow_push_is_allowed_with_the_permission(
    api_that_may: Callable[..., httpx.Client], driver: Driver
) -> None:
    """An App that was granted `workflows` may write them."""
    driver.sets_permissions(metadata="read", contents="write", workflows="write")
    writer = api_that_may(contents="write", workflows="write")
    head = driver.sees_branches()["main"]
    sha = commit(writer, head, [entry(".github/workflows/ci.yml", "on: push\n")])
    made = writer.post(f"{REPO}/git/refs", json={"ref": "refs/heads/ci", "sha": sha})
    assert made.status_code == 201
