"""What a run changed: files of every kind arrive in the pull request, or are refused with a sentence."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import httpx
import pytest

from bot.runs import Run, RunState
from tests.world import World

pytestmark = [pytest.mark.docker, pytest.mark.redis, pytest.mark.slow]

ALL_KINDS = r"""/agent run
```sh
printf 'a\000b\377' > picture.bin
printf '#!/bin/sh\necho hi\n' > tool.sh && chmod +x tool.sh
git mv CHANGELOG.md NEWS.md
rm README.md
ln -s shop/prices.py link
mkdir -p 'deep/ä ö' && echo ü > 'deep/ä ö/ß.txt'
```
"""


def test_files_of_every_kind_arrive(world: World, tmp_path: Path) -> None:
    """Binary files, executables, renames, deletions, links and odd names are in the pull request's tree."""
    world.comments(ALL_KINDS)

    run = world.run_ends()

    assert run.pull is not None
    tree = world.clones(tmp_path / "clone", ref=f"refs/heads/{run.pull.branch}")
    assert (tree / "picture.bin").read_bytes() == b"a\0b\xff"
    assert os.access(tree / "tool.sh", os.X_OK)
    assert (tree / "NEWS.md").read_text() == "# Changes\n\n- Carts have totals.\n"
    assert not (tree / "CHANGELOG.md").exists()
    assert not (tree / "README.md").exists()
    assert (tree / "link").readlink() == Path("shop/prices.py")
    assert (tree / "deep/ä ö/ß.txt").read_text() == "ü\n"


def test_a_new_dependency_is_named_to_the_reviewer(world: World) -> None:
    """It is published, and the pull request says which one to look at."""
    world.comments("/agent run `echo reqeusts==9.9 > requirements.txt`")

    run = world.run_ends()

    assert run.pull is not None
    body = world.pull(run.pull.number)["body"]
    assert "wants installed what it did not before: reqeusts" in body.replace("`", "")


TOKEN = "ghp_" + "Zx9" * 12
MADE = "ghp_" + "Qy7" * 12


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (
            "mkdir -p .github/workflows && echo 'on: push' > .github/workflows/x.yml",
            "workflows are changed by people only",
        ),
        (f"echo token={TOKEN} > config.ini", "what looks like a secret"),
        ("ln -s /etc/passwd out", "a link to a place outside of the repository"),
    ],
    ids=["workflow", "secret", "link out"],
)
def test_some_changes_are_never_published(world: World, command: str, sentence: str) -> None:
    """Workflows, secrets and links to outside are refused with a sentence; there is no pull request."""
    world.comments(f"/agent run\n```sh\n{command}\n```")

    run = world.run_ends()

    assert run.state is RunState.FAILED
    assert sentence in world.said()[0]
    assert sentence in world.check(run)["output"]["summary"]
    assert world.pulls() == [1]
    assert list(world.stage.driver.sees_branches(repo=world.repo)) == ["feature/discounts", "main"]


def test_a_secret_that_a_command_made_is_shown_nowhere(world: World) -> None:
    """A value that only the box knew is not in the comment, the check run, the patch or the ledger's text."""
    command = "printf 'ghp_%s\\n' $(printf Qy7%.0s 1 2 3 4 5 6 7 8 9 10 11 12) > config.ini"
    world.comments(f"/agent run\n```sh\n{command}\n```")

    run = world.run_ends()

    assert run.state is RunState.FAILED
    shown = world.said()[0] + str(world.check(run)) + world.page(run)
    assert "config.ini line 1 (a GitHub token)" in shown
    assert MADE not in shown
    assert MADE not in world.kept()
    patch = httpx.get(
        f"{world.stage.web_url}/runs/{run.id}/changes.patch", params={"key": run.page_key}, trust_env=False
    )
    assert patch.status_code == 404


def test_from_a_fork_the_changes_are_a_patch(world: World, tmp_path: Path) -> None:
    """The patch on the page, applied to a fresh clone, gives the tree that the run had; nothing is pushed."""
    number = world.opens_pull_from_a_fork()
    world.comments(
        "/agent run `printf 'more\\n' >> gift.txt; printf 'n\\000' > new.bin`", on=number, by="maint-mia"
    )

    run = world.run_ends()

    assert run.state is RunState.SUCCEEDED
    assert run.pull is None
    said = world.said(on=number)[0]
    assert "comes from a fork, where I cannot push" in said
    assert f"/runs/{run.id}/changes.patch?key={run.page_key}" in said
    tree = world.clones(tmp_path / "clone", ref=f"refs/pull/{number}/head")
    patch = httpx.get(
        f"{world.stage.web_url}/runs/{run.id}/changes.patch", params={"key": run.page_key}, trust_env=False
    )
    subprocess.run(["git", "-C", str(tree), "apply", "--index"], input=patch.content, check=True)
    assert (tree / "gift.txt").read_text() == "for you\nmore\n"
    assert (tree / "new.bin").read_bytes() == b"n\0"


def slow_change(world: World, files: dict[str, str | None]) -> Run:
    """A run changes `shop/prices.py`, and meanwhile somebody pushes `files` to its branch."""
    world.comments("/agent run `echo '# mended' >> shop/prices.py; sleep 2`")
    world.step_runs()
    world.pushes(files)
    return world.run_ends()


def test_a_base_that_moved_elsewhere_is_built_upon(world: World) -> None:
    """When nobody touched what the run changed, the commit stands on the new head, and says so."""
    run = slow_change(world, {"other.txt": "theirs\n"})

    assert run.pull is not None
    pull = world.pull(run.pull.number)
    assert [file["path"] for file in pull["files"]] == ["shop/prices.py"]
    assert len(pull["commit_list"]) == 1
    assert "has moved on since I started; nothing that I change was touched there" in world.said()[0]
    assert "has moved on since I started" in pull["body"]


def test_a_base_that_moved_under_the_change_is_left_to_people(world: World) -> None:
    """When both touched a file, the pull request stands on the old commit, and says so."""
    run = slow_change(world, {"shop/prices.py": "# theirs\n"})

    assert run.pull is not None
    assert world.pull(run.pull.number)["number"] == run.pull.number
    assert "changed there too. Please look at both." in world.said()[0]


def test_a_branch_that_is_deleted_meanwhile_ends_the_run_with_a_sentence(world: World) -> None:
    """GitHub closes the pull request with its branch; the changes stay on the run's page."""
    world.comments("/agent run `echo x > x; sleep 2`")
    world.step_runs()
    world.stage.driver.deletes_branch("feature/discounts", repo=world.repo)

    run = world.run_ends()

    assert (run.state, run.reason) == (RunState.CANCELLED, "Pull request 1 was closed.")
    assert "+x" in world.page(run, "/changes.patch")


NO_PULL = """\
/agent run
```yaml
actions:
- {action_type: write_file, parameters: {path: a.txt, content: "a\\n"}}
pull_request: false
```
"""


def test_a_plan_can_do_without_a_pull_request(world: World) -> None:
    """With `pull_request: false` the changes are offered as a patch."""
    world.comments(NO_PULL)

    run = world.run_ends()

    assert run.state is RunState.SUCCEEDED
    assert world.pulls() == [1]
    assert "no pull request was made of them" in world.said()[0]
    assert "+a" in world.page(run, "/changes.patch")


OWN_WORDS = """\
/agent run
```yaml
- {action_type: create_directory, parameters: {path: empty/folder}}
- {action_type: write_file, parameters: {path: empty/folder/run.sh, content: "echo\\n", mode: "0755"}}
- {action_type: delete_path, parameters: {path: CHANGELOG.md}}
- action_type: open_pull_request
  parameters: {title: Tidy up, body: "For @owner-olga, see #1.", branch: agent/tidy}
```
"""


def test_a_plan_can_name_its_pull_request(world: World) -> None:
    """Title, body and branch of an explicit `open_pull_request` are used; its words call nobody."""
    world.comments(OWN_WORDS)

    run = world.run_ends()

    assert run.pull is not None, world.said()
    pull = world.pull(run.pull.number)
    assert pull["title"] == "Tidy up"
    assert pull["head"]["ref"] == "agent/tidy"
    assert "@owner-olga" in pull["body"].replace("`", "")
    assert {file["path"]: file["mode"] for file in pull["files"]} == {
        "CHANGELOG.md": None,
        "empty/folder/run.sh": "100755",
    }
