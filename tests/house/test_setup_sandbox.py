"""What a step finds in the sandbox image, and what it does not."""

from __future__ import annotations

import subprocess

import pytest

pytestmark = pytest.mark.docker
IMAGE = "devops-agent/sandbox:latest"


def in_a_box(script: str) -> str:
    """What a shell in a box prints; the box is closed as hands close theirs."""
    closed = "--network=none --read-only --cap-drop=ALL --security-opt=no-new-privileges --tmpfs=/tmp"
    return subprocess.run(
        ["docker", "run", "--rm", "--init", *closed.split(), IMAGE, "sh", "-c", script],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout.strip()


@pytest.mark.parametrize(
    "program",
    [
        "sh",
        "bash",
        "git",
        "python",
        "python3",
        "pytest",
        "node",
        "npm",
        "gcc",
        "g++",
        "cc",
        "make",
        "pkg-config",
        "tini",
        "patch",
        "tar",
        "jq",
        "ps",
        "diff",
    ],
)
def test_a_step_finds_its_tools(program: str) -> None:
    """The programs that plans count on are on PATH."""
    assert in_a_box(f"command -v {program}").startswith("/")


def test_a_step_runs_as_agent_in_the_workspace() -> None:
    """A step is user 1000 with a home of its own, in /workspace, which is its own too."""
    assert in_a_box('id -u; id -g; id -un; pwd; stat -c %u:%g . "$HOME"').split() == [
        "1000",
        "1000",
        "agent",
        "/workspace",
        "1000:1000",
        "1000:1000",
    ]


def test_nothing_in_a_box_gives_more_rights() -> None:
    """No file of the image is setuid or setgid, so no program runs as somebody else."""
    assert in_a_box("find / -xdev -perm /6000 -type f 2>/dev/null || true") == ""


def test_a_step_can_make_a_commit_in_a_foreign_work_tree() -> None:
    """git trusts the work tree whoever wrote it: in a box there is nobody else."""
    assert in_a_box("git config --system --get-all safe.directory") == "*"
