"""What the parameters of the actions may be: one spelling for what is fine, one sentence for what is not."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.actions import ACTIONS
from bot.actions.model import Where
from bot.actions.paths import checked


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("a", "a"),
        ("./a//b/.", "a/b"),
        ("a b/é.txt", "a b/é.txt"),
        ("-rf", "-rf"),
        (".gitignore", ".gitignore"),
        (".github/agent.yml", ".github/agent.yml"),
        (".github/workflows-old/x", ".github/workflows-old/x"),
        ("git", "git"),
        ("x.git/y", "x.git/y"),
    ],
)
def test_a_path_has_one_spelling(written: str, meant: str) -> None:
    """Paths that mean the same file are the same, so that equal plans have equal digests."""
    assert checked(written) == meant


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/etc/passwd", "must be relative"),
        ("../x", "must stay inside"),
        ("a/../../x", "must stay inside"),
        ("a/..", "must stay inside"),
        (".", "must name something"),
        ("~/x", "home folder"),
        ("a\\b", "backslash"),
        ("a\nb", "control character"),
        ("a\0b", "control character"),
        ("a\u202eb", "invisible"),
        ("a\ud800", "invisible"),
        ("a" * 256, "too long"),
        ("a/" * 600 + "b", "too long"),
        (".git/config", "git's own folder"),
        (".git", "git's own folder"),
        (".GIT/config", "git's own folder"),
        (".gIt/hooks/pre-push", "git's own folder"),
        ("sub/.git/hooks/post-checkout", "git's own folder"),
        (".git\u200c/config", "invisible"),
        (".g\u200cit/config", "invisible"),
        (".git /config", "git's own folder"),
        (".git./config", "git's own folder"),
        (".git. . /config", "git's own folder"),
        (".git::$INDEX_ALLOCATION/x", "git's own folder"),
        ("git~1/config", "git's own folder"),
        ("GIT~1/config", "git's own folder"),
        ("\uff0egit/config", "git's own folder"),
        (".\uff47it/config", "git's own folder"),
        (".gitmodules", "a person has to commit"),
        (".GitModules", "a person has to commit"),
        ("GITMOD~1", "a person has to commit"),
        ("sub/.gitattributes", "a person has to commit"),
        (".github/workflows/ci.yml", "which I never change"),
        (".GitHub/Workflows/ci.yml", "which I never change"),
    ],
)
def test_paths_outside_and_paths_of_git_are_refused(path: str, why: str) -> None:
    """A path stays in the repository and away from git's folder, however it is spelled."""
    with pytest.raises(ValueError, match=r".*") as said:
        checked(path)

    assert why in str(said.value)


@given(st.text(alphabet="./ab~\\\0\u200c\u202egiIT:. -", max_size=12))
def test_a_path_that_passes_is_plain(path: str) -> None:
    """Whatever passes is relative, has no dots for parts, and passes again unchanged."""
    plain = _or_empty(path)

    assert not plain.startswith("/")
    assert {"..", "."}.isdisjoint(plain.split("/"))
    assert ".git" not in plain.casefold().split("/")
    assert plain == "" or checked(plain) == plain


def _or_empty(path: str) -> str:
    try:
        return checked(path)
    except ValueError:
        return ""


@pytest.mark.parametrize(
    ("action_type", "parameters"),
    [
        ("run_command", {"command": ""}),
        ("run_command", {"command": "   "}),
        ("run_command", {"command": []}),
        ("run_command", {"command": ["", "a"]}),
        ("run_command", {"command": ["a", 1]}),
        ("run_command", {"command": "a\0b"}),
        ("run_command", {"command": "ls \u202e sl"}),
        ("run_command", {"command": "l\u200bs"}),
        ("run_command", {"command": ["ls", "\u2066"]}),
        ("run_command", {"command": "x" * 70_000}),
        ("run_command", {"command": "ls", "cwd": "/etc"}),
        ("run_command", {"command": "ls", "cwd": ".."}),
        ("run_command", {"command": "ls", "cwd": ".git"}),
        ("run_command", {"command": "ls", "env": {"A B": "x"}}),
        ("run_command", {"command": "ls", "env": {"1A": "x"}}),
        ("run_command", {"command": "ls", "env": {"A": "x\0"}}),
        ("run_command", {"command": "ls", "env": {f"A{n}": "x" for n in range(101)}}),
        ("run_command", {"command": "ls", "timeout_s": -1}),
        ("run_command", {"command": "ls", "timeout_s": True}),
        ("run_command", {"command": "ls", "shell": "zsh"}),
        ("write_file", {"path": "x/", "content": ""}),
        ("write_file", {"path": "", "content": ""}),
        ("write_file", {"path": "x", "content": "a" * 1_100_000}),
        ("write_file", {"path": "x", "content": "", "mode": 644}),
        ("apply_patch", {"patch": "hello"}),
        ("apply_patch", {"patch": "--- a/../x\n+++ b/../x\n"}),
        ("apply_patch", {"patch": "--- a/x\n+++ b/.git/hooks/x\n"}),
        ("apply_patch", {"patch": '--- a/x\n+++ "b/.g\\151t/config"\n'}),
        ("apply_patch", {"patch": "diff --git a/x b/.github/workflows/x\nnew file mode 100755\n"}),
        ("apply_patch", {"patch": "diff --git a/x b/y\nrename from x\nrename to .git/config\n"}),
        ("apply_patch", {"patch": "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n--- a/x\n+++ b/.GIT/x\n"}),
        ("open_pull_request", {"title": "a\nb"}),
        ("open_pull_request", {"title": "  "}),
        ("open_pull_request", {"branch": "main"}),
    ],
)
def test_values_that_cannot_work_or_cannot_be_seen_are_refused(
    action_type: str, parameters: dict[str, Any]
) -> None:
    """Nothing empty, endless, invisible or outside gets into a plan."""
    with pytest.raises(ValidationError):
        ACTIONS[action_type].read(parameters)


def test_a_joined_emoji_in_a_command_is_fine() -> None:
    """The zero-width joiner is part of many emoji and hides nothing."""
    assert ACTIONS["run_command"].read({"command": "echo 👩‍💻"}).command == "echo 👩‍💻"


@pytest.mark.parametrize("cwd", ["", ".", "./", "src", "./src/"])
def test_the_folder_of_a_command_is_relative(cwd: str) -> None:
    """The empty folder is the work tree itself."""
    assert ACTIONS["run_command"].compile({"command": "ls", "cwd": cwd}).cwd in ("", "src")


BRANCHES = ["agent/fix", "agent/a.b-c_d/e", "agent/1", "agent/" + "x" * 90]


@pytest.mark.parametrize("branch", BRANCHES)
def test_branches_that_we_take_are_branches_for_git(branch: str) -> None:
    """Our pattern is narrower than `git check-ref-format`."""
    assert ACTIONS["open_pull_request"].read({"branch": branch}).branch == branch
    subprocess.run(["git", "check-ref-format", "--branch", branch], check=True, capture_output=True)


@pytest.mark.parametrize(
    "branch",
    ["agent/", "agent//x", "agent/-x", "agent/x.lock", "agent/x..y", "agent/.x", "agent/x.", "agent/x/",
     "agent/x y", "agent/é", "agent/x~1", "agent/x:y", "agent/x@{1}", "Agent/x", "refs/heads/agent/x",
     "agent/a.lock/b", "agent/x\n"],
)  # fmt: skip
def test_other_branches_are_refused(branch: str) -> None:
    """Only names under `agent/`, in plain letters."""
    with pytest.raises(ValidationError):
        ACTIONS["open_pull_request"].read({"branch": branch})


@given(st.from_regex(r"agent/[A-Za-z0-9._/-]{1,20}", fullmatch=True))
def test_no_branch_that_git_refuses_is_taken(branch: str) -> None:
    """Whatever our pattern takes, git takes."""
    taken = _takes(branch)
    git = subprocess.run(["git", "check-ref-format", "--branch", branch], check=False, capture_output=True)

    assert git.returncode == 0 or not taken


def _takes(branch: str) -> bool:
    try:
        ACTIONS["open_pull_request"].read({"branch": branch})
    except ValidationError:
        return False
    return True


def test_the_table_names_its_rows() -> None:
    """Each action type stands under its name, and has a command exactly when it runs in the box."""
    assert {name: kind.name for name, kind in ACTIONS.items()} == {name: name for name in ACTIONS}
    at_the_desk = [name for name, kind in ACTIONS.items() if kind.where is Where.DESK]
    assert at_the_desk == ["open_pull_request", "undo_run"]
    assert [name for name, kind in ACTIONS.items() if kind.command is None] == at_the_desk
