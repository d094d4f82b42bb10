"""The scripts of the file actions, run for real by the shells that boxes have."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from bot.actions import ACTIONS

# Debian's dash, bash in its POSIX mode, and busybox as in small images.
SHELLS = [
    ["dash"],
    ["bash", "--posix"],
    pytest.param(
        ["busybox", "sh"], marks=pytest.mark.skipif(not shutil.which("busybox"), reason="busybox is missing")
    ),
]


class Box:
    """A work tree, and a way to do an action in it as a box would."""

    def __init__(self, root: Path, shell: list[str]) -> None:
        self.root = root
        self._shell = shell

    def do(self, action_type: str, **parameters: object) -> subprocess.CompletedProcess[bytes]:
        command = ACTIONS[action_type].compile(parameters)
        argv = [*self._shell, *command.argv[1:]] if command.argv[0] == "/bin/sh" else list(command.argv)
        env = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": "/dev/null", **command.env}
        return subprocess.run(
            argv,
            cwd=self.root / command.cwd,
            input=command.stdin,
            env=env,
            capture_output=True,
            check=False,
            timeout=20,
        )


@pytest.fixture(params=SHELLS, ids=["dash", "bash", "busybox"])
def box(request: pytest.FixtureRequest, tmp_path: Path) -> Box:
    root = tmp_path / "workspace"
    root.mkdir()
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_text("secret")
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    return Box(root, request.param)


def test_a_file_is_written_with_the_directories_above_it(box: Box) -> None:
    """The content arrives byte for byte, and a new file has mode 0644."""
    content = "é'\"$(touch x)`touch y`\\\n\0end"

    done = box.do("write_file", path="a dir/-rf/$(touch z).txt", content=content)

    written = box.root / "a dir" / "-rf" / "$(touch z).txt"
    assert (done.returncode, done.stderr) == (0, b"")
    assert written.read_bytes() == content.encode()
    assert written.stat().st_mode & 0o777 == 0o644
    assert sorted(each.name for each in box.root.iterdir()) == [".git", "a dir"]


@pytest.mark.parametrize(("mode", "after"), [(None, 0o755), ("0755", 0o755), ("0644", 0o644)])
def test_an_existing_file_keeps_its_mode_unless_told(box: Box, mode: str | None, after: int) -> None:
    """Rewriting a script leaves it executable."""
    script = box.root / "run.sh"
    script.write_text("old")
    script.chmod(0o755)

    box.do("write_file", path="run.sh", content="new", mode=mode)

    assert script.read_text() == "new"
    assert script.stat().st_mode & 0o777 == after


def test_an_empty_file_can_be_written(box: Box) -> None:
    """No content is content, too."""
    assert box.do("write_file", path="empty", content="").returncode == 0
    assert (box.root / "empty").read_bytes() == b""


def test_a_directory_is_created_once_and_again(box: Box) -> None:
    """Creating a directory that exists is fine."""
    assert box.do("create_directory", path="a/b/c/").returncode == 0
    assert box.do("create_directory", path="a/b/c").returncode == 0
    assert (box.root / "a/b/c").is_dir()


def test_a_path_is_deleted_with_all_that_is_in_it(box: Box) -> None:
    """Files and whole directories go."""
    (box.root / "a" / "b").mkdir(parents=True)
    (box.root / "a" / "b" / "-f").write_text("x")

    assert box.do("delete_path", path="a").returncode == 0
    assert not (box.root / "a").exists()


def test_deleting_a_link_deletes_the_link(box: Box) -> None:
    """What a link points at is left alone."""
    (box.root / "link").symlink_to(box.root.parent / "outside")

    assert box.do("delete_path", path="link").returncode == 0
    assert not (box.root / "link").is_symlink()
    assert (box.root.parent / "outside" / "secret").read_text() == "secret"


@pytest.mark.parametrize(
    ("action_type", "parameters", "sentence"),
    [
        (
            "write_file",
            {"path": "out/secret", "content": "x"},
            "out is a symbolic link, and I do not go through links.",
        ),
        (
            "write_file",
            {"path": "leak", "content": "x"},
            "leak is a symbolic link, and I do not write through links.",
        ),
        ("write_file", {"path": "dangling", "content": "x"}, "dangling is a symbolic link"),
        ("write_file", {"path": "dir/out/secret", "content": "x"}, "dir/out is a symbolic link"),
        (
            "write_file",
            {"path": "dir", "content": "x"},
            "dir is a directory, so it cannot be written as a file.",
        ),
        ("write_file", {"path": "file/x", "content": "x"}, "file is a file, so nothing can be inside it."),
        ("write_file", {"path": "pipe", "content": "x"}, "pipe exists and is not a regular file."),
        ("create_directory", {"path": "out/new"}, "out is a symbolic link"),
        ("create_directory", {"path": "out"}, "out is a symbolic link"),
        ("create_directory", {"path": "file"}, "file exists already and is not a directory."),
        ("delete_path", {"path": "out/secret"}, "out is a symbolic link"),
        ("delete_path", {"path": "gone"}, "gone does not exist, so there was nothing to delete."),
        ("delete_path", {"path": "gone/too"}, "gone/too does not exist, so there was nothing to delete."),
    ],
)
def test_links_and_what_is_in_the_way_are_refused_with_a_sentence(
    box: Box, action_type: str, parameters: dict[str, object], sentence: str
) -> None:
    """No file action goes through a symbolic link, so nothing outside the work tree can change."""
    outside = box.root.parent / "outside"
    (box.root / "dir").mkdir()
    (box.root / "file").write_text("file")
    (box.root / "out").symlink_to(outside)
    (box.root / "dir" / "out").symlink_to(outside)
    (box.root / "leak").symlink_to(outside / "secret")
    (box.root / "dangling").symlink_to(outside / "new")
    os.mkfifo(box.root / "pipe")

    done = box.do(action_type, **parameters)

    assert done.returncode == 1
    assert done.stderr.decode().startswith(sentence)
    assert [(each.name, each.read_text()) for each in outside.iterdir()] == [("secret", "secret")]


@pytest.mark.parametrize(
    "path", ["../outside/x", "a/../../x", ".git/hooks/x", "a/.git/x", "/tmp/x", "a//b", "./x"]
)
def test_the_scripts_themselves_stay_inside(box: Box, path: str) -> None:
    """A path that comes to a script unchecked cannot leave the work tree, nor touch git's folder."""
    command = ACTIONS["write_file"].compile({"path": "x", "content": "x"})

    done = subprocess.run(
        [*command.argv[:4], path, ""], cwd=box.root, input=b"x", capture_output=True, check=False, timeout=20
    )

    assert done.returncode == 1
    assert b"does not stay inside the repository" in done.stderr


PATCH = """\
diff --git a/a.txt b/a.txt
--- a/a.txt
+++ b/a.txt
@@ -1 +1,2 @@
 one
+++ b/.git/config
"""


def test_a_patch_is_applied(box: Box) -> None:
    """A line inside a hunk is content, even when it looks like a header."""
    (box.root / "a.txt").write_text("one\n")

    done = box.do("apply_patch", patch=PATCH)

    assert (done.returncode, done.stderr) == (0, b"")
    assert (box.root / "a.txt").read_text() == "one\n++ b/.git/config\n"


def test_a_patch_that_does_not_fit_changes_nothing(box: Box) -> None:
    """All of it or nothing."""
    (box.root / "a.txt").write_text("two\n")

    done = box.do("apply_patch", patch=PATCH)

    assert done.returncode != 0
    assert b"patch does not apply" in done.stderr
    assert (box.root / "a.txt").read_text() == "two\n"


def test_git_refuses_to_patch_through_a_link(box: Box) -> None:
    """A patch cannot reach what a symbolic link points at."""
    (box.root / "out").symlink_to(box.root.parent / "outside")
    patch = (
        "--- a/out/secret\n+++ b/out/secret\n@@ -1 +1 @@\n-secret\n\\ No newline at end of file\n+changed\n"
    )

    done = box.do("apply_patch", patch=patch)

    assert done.returncode != 0
    assert (box.root.parent / "outside" / "secret").read_text() == "secret"


@pytest.mark.parametrize(
    ("shell", "command", "code", "output"),
    [
        ("sh", "echo a; echo b", 0, b"a\nb\n"),
        ("sh", "false\necho reached", 1, b""),
        ("sh", "exit 7", 7, b""),
        ("bash", "false | cat\necho reached", 1, b""),
        ("bash", "[[ a == a ]] && echo yes", 0, b"yes\n"),
        (
            "sh",
            ["printf", "%s|", "a b", "$(x)", "test_a and not test_b"],
            0,
            b"a b|$(x)|test_a and not test_b|",
        ),
        ("sh", 'printf "%s|" -k "test_a and not test_b"', 0, b"-k|test_a and not test_b|"),
    ],
)
def test_a_command_runs_as_documented(
    tmp_path: Path, shell: str, command: object, code: int, output: bytes
) -> None:
    """A text stops at its first failure; a list reaches the program exactly as it is."""
    compiled = ACTIONS["run_command"].compile({"command": command, "shell": shell})

    done = subprocess.run(compiled.argv, cwd=tmp_path, capture_output=True, check=False, timeout=20)

    assert (done.returncode, done.stdout) == (code, output)
