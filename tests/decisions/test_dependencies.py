"""New dependencies: named to the reviewer, whatever language they are for."""

from __future__ import annotations

import pytest

from bot.dependencies import new_dependencies
from bot.judging import Accepted, judge
from bot.limits import Limits
from bot.ports import Changes, FileChange, FileMode


def patch(path: str, *lines: str) -> bytes:
    """A hunk of these lines, each with its sign."""
    old = sum(not line.startswith("+") for line in lines)
    new = sum(not line.startswith("-") for line in lines)
    head = f"diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n@@ -1,{old} +1,{new} @@\n"
    return (head + "\n".join(lines) + "\n").encode()


@pytest.mark.parametrize(
    ("path", "line", "name"),
    [
        ("requirements.txt", "reqeusts==9.9", "reqeusts"),
        ("requirements-dev.txt", "requests[socks] >= 2 ; python_version > '3'", "requests"),
        ("deploy/constraints.txt", "urllib3", "urllib3"),
        ("pyproject.toml", '  "typing-extensoins>=4.0",', "typing-extensoins"),
        ("package.json", '    "@acme/lodahs": "^4.17.0",', "@acme/lodahs"),
        ("web/package.json", '    "left-pad": "latest"', "left-pad"),
        ("go.mod", "\tgithub.com/acme/thing v1.2.3 // indirect", "github.com/acme/thing"),
        ("go.mod", "require example.com/other/v2 v2.0.0", "example.com/other/v2"),
        ("Cargo.toml", 'serde_jsn = "1.0"', "serde_jsn"),
        ("Cargo.toml", 'tokio = { version = "1", features = ["full"] }', "tokio"),
        ("Gemfile", "gem 'railz', '~> 7'", "railz"),
    ],
)
def test_a_new_dependency_is_found(path: str, line: str, name: str) -> None:
    """As its language writes it."""
    assert new_dependencies(patch(path, " before", f"+{line}")) == {path: (name,)}


@pytest.mark.parametrize(
    ("path", "lines"),
    [
        ("requirements.txt", ("-requests==2.30", "+requests==2.31")),
        ("requirements.txt", ("-Requests==2.30", "+requests==2.31")),
        ("requirements.txt", ("+# a remark", "+-r other.txt", "+--hash=sha256:00", "+")),
        ("requirements.txt", ("-requests==2.30",)),
        ("README.md", ("+requests==2.31",)),
        ("pyproject.toml", ('+version = "2.0"', "+line-length = 110", '+  "redis: needs redis-server",')),
        ("package.json", ('+  "version": "2.0.0",', '+  "test": "jest",', '+  "name": "shop"')),
        ("Cargo.toml", ('+version = "0.2.0"', '+edition = "2021"')),
    ],
)
def test_what_is_no_new_dependency_is_left_alone(path: str, lines: tuple[str, ...]) -> None:
    """Another version, a remark, a field of the file itself, a file that only looks like it."""
    assert new_dependencies(patch(path, *lines)) == {}


def test_the_reviewer_is_told_of_them() -> None:
    """In a warning of the pull request, which is published all the same: installing needs people."""
    lines = [f"+package-{number}==1" for number in range(12)]
    changes = Changes(
        (FileChange("requirements.txt", FileMode.FILE, b"x"),), patch("requirements.txt", *lines)
    )

    verdict = judge(changes, limits=Limits())

    assert isinstance(verdict, Accepted)
    (warning,) = verdict.warnings
    assert warning.startswith("requirements.txt wants installed what it did not before: package-0, package-1")
    assert warning.endswith("and 4 more. Look whether each is the one that is meant.")
