"""The set-up scripts: what they refuse and in which words, and that they are documented and clean."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted(
    path
    for folder in ("scripts", "images", ".ci")
    for path in (ROOT / folder).rglob("*")
    if path.is_file() and path.read_bytes().startswith((b"#!/bin/sh", b"#!/usr/bin/env bash"))
)
# A system on which nothing is installed but what every system has.
BASICS = [
    "bash",
    "sh",
    "env",
    "cat",
    "cut",
    "dirname",
    "grep",
    "head",
    "id",
    "mkdir",
    "paste",
    "printf",
    "sed",
    "seq",
    "sha256sum",
    "sort",
    "tail",
    "tee",
]


class Machine:
    """A copy of the scripts on a machine that has only the programs put there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bin = folder / "bin"
        self.bin.mkdir()
        shutil.copytree(ROOT / "scripts", folder / "scripts")
        for name in BASICS:
            self.bin.joinpath(name).symlink_to(shutil.which(name) or f"/usr/bin/{name}")

    def has(self, name: str, *, doing: str) -> None:
        program = self.bin / name
        program.unlink(missing_ok=True)
        program.write_text(f"#!/bin/sh\n{doing}\n")
        program.chmod(0o755)

    def types(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.folder,
            env={"PATH": str(self.bin), "HOME": str(self.folder), "CI": "true", **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_system_without_apt_is_told_what_to_install(machine: Machine) -> None:
    """Where there is no apt-get, one line names what is missing, and nothing else happens."""
    result = machine.types("scripts/setup", "demo")

    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert "git" in result.stderr
    assert "redis-server" in result.stderr
    assert "only on Debian or Ubuntu" in result.stderr


def test_a_person_without_root_is_told_the_command(machine: Machine) -> None:
    """Where we may not install, one line says the very command that an administrator can type."""
    machine.has("id", doing="echo 1000")
    machine.has("apt-get", doing="exit 1")

    result = machine.types("scripts/setup", "check")

    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("Missing here: ")
    assert "make. I need root to install them: run `sudo apt-get install" in result.stderr


def test_a_failing_download_is_told_with_its_reason(machine: Machine) -> None:
    """When apt-get fails, its own reason stands in our one line, with the place of the whole story."""
    machine.has("id", doing="echo 1000")
    machine.has("sudo", doing='[ "$1" = -n ] || { shift; "$@"; }')
    machine.has("chmod", doing="exit 0")
    machine.has("rm", doing="exit 0")
    machine.has("tee", doing="cat >/dev/null")
    machine.has("apt-get", doing="echo 'E: Temporary failure resolving the mirror'; exit 100")

    result = machine.types("scripts/setup", "check")

    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert "E: Temporary failure resolving the mirror" in result.stderr
    assert ".state/apt.log" in result.stderr


def test_a_silent_docker_host_is_named(machine: Machine) -> None:
    """DOCKER_HOST is respected: when nothing answers there, no engine of our own is started instead."""
    machine.has("docker", doing="exit 1")

    result = machine.types("scripts/setup", "demo", DOCKER_HOST="tcp://127.0.0.1:1")

    assert result.returncode == 1
    assert "No Docker engine answers at DOCKER_HOST=tcp://127.0.0.1:1" in result.stderr


@pytest.mark.parametrize(
    ("script", "answer"),
    [("scripts/setup", "Try one of: demo, test, check, image, bench."), ("scripts/image", "Docker engine")],
)
def test_an_unknown_word_is_answered_with_the_known_ones(machine: Machine, script: str, answer: str) -> None:
    """A set-up that does not exist is answered with those that do; an image needs an engine first."""
    machine.has("docker", doing="exit 1")

    result = machine.types(script, "nonsense", DOCKER_HOST="tcp://127.0.0.1:1")

    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert answer in result.stderr


def test_an_engine_that_answers_is_left_alone(machine: Machine) -> None:
    """With an engine and the image there, building the sandbox says nothing and builds nothing."""
    machine.has("docker", doing='[ "$1" != images ] || echo 0123456789ab; [ "$1" != build ] || exit 9')
    shutil.copytree(ROOT / "images", machine.folder / "images")

    result = machine.types("scripts/image", "sandbox")

    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_every_make_target_is_explained() -> None:
    """`make` alone lists every target that there is."""
    text = (ROOT / "Makefile").read_text()
    phony = set(re.findall(r"^\.PHONY: (.*)$", text, flags=re.MULTILINE)[0].split())

    listed = subprocess.run(
        ["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout

    assert set(re.findall(r"^  make ([\w-]+)", listed, flags=re.MULTILINE)) == phony


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_script_can_be_run(script: Path) -> None:
    """Every file that begins like a script may be executed."""
    assert os.access(script, os.X_OK)


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="`make test` installs shellcheck")
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_script_is_clean(script: Path) -> None:
    """shellcheck finds nothing in any script, those that it sources included."""
    result = subprocess.run(
        ["shellcheck", "--external-sources", str(script)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.stdout == ""
