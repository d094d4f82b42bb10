"""The command line: local runs, checks, and errors that are sentences."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.settings import PREFIX
from playground.seeds import SHOP
from tests.world import World

pytestmark = [pytest.mark.docker, pytest.mark.redis, pytest.mark.slow]

NOTHING: Mapping[str, str] = {}


def agent(
    *arguments: str, folder: Path, environment: Mapping[str, str] = NOTHING
) -> subprocess.CompletedProcess[str]:
    """`devops-agent …` in a folder, with only these settings of ours."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(PREFIX)}
    python = Path(__file__).parents[2]
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        cwd=folder,
        env={**kept, "PYTHONPATH": str(python), "COLUMNS": "200", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A local git repository."""
    folder = tmp_path / "shop"
    for name, content in SHOP.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    git = ["git", "-C", str(folder), "-c", "user.name=w", "-c", "user.email=w@example.com"]
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-qm", "Begin"], check=True)
    return folder


def test_a_local_run_leaves_a_patch_that_applies(shop: Path, tmp_path: Path) -> None:
    """A plan runs in the sandbox with no GitHub; its patch brings the changes into the repository."""
    plan = tmp_path / "plan.md"
    plan.write_text("```sh\necho hello\nprintf 'new\\n' > new.txt\nrm CHANGELOG.md\n```\n")

    said = agent("run", str(plan), "--repo", str(shop), "--out", "my.patch", folder=tmp_path)

    assert said.returncode == 0, said.stderr
    assert "hello" in said.stdout
    assert "The run has succeeded." in said.stdout
    assert not (shop / "new.txt").exists()
    subprocess.run(["git", "-C", str(shop), "apply", "--index", str(tmp_path / "my.patch")], check=True)
    assert (shop / "new.txt").read_text() == "new\n"
    assert not (shop / "CHANGELOG.md").exists()


def test_a_local_run_that_fails_says_so(shop: Path, tmp_path: Path) -> None:
    """The exit status is 1, and nothing changed leaves no patch."""
    plan = tmp_path / "plan.md"
    plan.write_text("/agent run\n\n1. Run `exit 3`\n2. Run `echo never`\n")

    said = agent("run", str(plan), "--repo", str(shop), folder=tmp_path)

    assert said.returncode == 1
    assert "The run has failed." in said.stdout
    assert list(tmp_path.glob("*.patch")) == []


@pytest.mark.parametrize(
    ("plan", "repo", "sentence"),
    [
        ("missing.md", "shop", "missing.md cannot be read as text"),
        ("plan.md", ".", "There is no git commit `HEAD` in `/"),
        ("plan.md", "nowhere", "/nowhere`. Give the folder of a git repository."),
        ("prose.md", "shop", "`pytest -q`"),
    ],
)
def test_a_local_run_that_cannot_begin_says_why(
    shop: Path, tmp_path: Path, plan: str, repo: str, sentence: str
) -> None:
    """A missing file, a folder that is no repository, and prose are each a sentence and exit status 2."""
    (tmp_path / "plan.md").write_text("```sh\nls\n```\n")
    (tmp_path / "prose.md").write_text("Please do something nice.\n")

    said = agent("run", plan, "--repo", repo, folder=tmp_path)

    assert said.returncode == 2
    assert sentence in said.stderr
    assert "Traceback" not in said.stderr + said.stdout


def test_the_images_are_listed_with_what_they_are_here(tmp_path: Path) -> None:
    """The operator sees which ones are missing before a run does."""
    file = tmp_path / "server.yml"
    file.write_text("images: ['devops-agent/sandbox:latest', 'acme/none:1']\n")

    said = agent("images", folder=tmp_path, environment={f"{PREFIX}SERVER_FILE": str(file)})

    assert said.returncode == 1
    ours, missing = said.stdout.splitlines()
    assert ours.startswith("✓ devops-agent/sandbox:latest (where nobody chooses): sha256:")
    assert missing.startswith("✗ acme/none:1: It is not on this machine")


NO_DOCKER = {"DOCKER_HOST": "unix:///nonexistent.sock"}


def test_a_local_run_needs_no_docker(shop: Path, tmp_path: Path) -> None:
    """Where no engine answers, bubblewrap makes the box; what such a box does not do is said first."""
    (tmp_path / "plan.md").write_text("```sh\nid -u\necho new > new.txt\nls /root\n```\n")

    said = agent("run", "plan.md", "--repo", str(shop), folder=tmp_path, environment=NO_DOCKER)

    assert said.returncode == 1
    assert "nothing limits its memory, processor time, processes and disk." in said.stdout
    assert "1000" in said.stdout
    assert "cannot access '/root'" in said.stdout  # nothing of the machine's people is there
    assert "1 file changed." in said.stdout
    assert list(tmp_path.glob("agent-*.patch"))


def test_a_local_run_without_docker_and_bubblewrap_says_what_to_do(shop: Path, tmp_path: Path) -> None:
    """One sentence that names what is missing, and exit status 2."""
    (tmp_path / "plan.md").write_text("```sh\nls\n```\n")
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "git").symlink_to(str(shutil.which("git")))
    bare = NO_DOCKER | {"PATH": str(programs)}

    said = agent("run", "plan.md", "--repo", str(shop), folder=tmp_path, environment=bare)

    assert said.returncode == 2
    assert "Docker does not answer on this machine, and a box without it needs `bwrap`" in said.stderr
    assert "Traceback" not in said.stderr


def test_a_good_configuration_is_called_good(tmp_path: Path) -> None:
    """`config check` ends with 0 when the file can be used."""
    (tmp_path / "agent.yml").write_text("version: 1\nlimits: {cpus: 1.5}\n")

    said = agent("config", "check", "agent.yml", folder=tmp_path)

    assert (said.returncode, said.stdout) == (0, "agent.yml is good.\n")


def test_a_bad_configuration_is_told_line_by_line(tmp_path: Path) -> None:
    """Each problem with its line and key; exit status 1."""
    (tmp_path / "agent.yml").write_text("version: 1\nlimits:\n  cpus: many\n  memroy_mb: 1\n")

    said = agent("config", "check", "agent.yml", folder=tmp_path)

    assert said.returncode == 1
    assert "agent.yml: Line 3: `limits.cpus`" in said.stdout
    assert "agent.yml: Line 4: `limits.memroy_mb`" in said.stdout


def settings(world: World, **others: str) -> dict[str, str]:
    """The stage's own settings, some of them changed."""
    own = {key: value for key, value in world.stage.environment.items() if key.startswith(PREFIX)}
    return own | {f"{PREFIX}{key}": value for key, value in others.items()}


@pytest.mark.parametrize("process", ["desk", "hands"])
def test_without_redis_a_process_ends_with_a_sentence(world: World, tmp_path: Path, process: str) -> None:
    """Time can mend it, so the exit status is 1; there is no traceback."""
    environment = settings(world, REDIS_URL="redis://127.0.0.1:1/0", STATE_DIR=str(tmp_path), LEDGER_URL="")

    said = agent(process, folder=tmp_path, environment=environment)

    assert said.returncode == 1
    assert "Redis does not answer" in said.stderr
    assert "Start it (`redis-server`), or correct DEVOPS_AGENT_REDIS_URL." in said.stderr
    assert "Traceback" not in said.stderr + said.stdout


@pytest.mark.parametrize(
    ("process", "missing"),
    [
        ("web", {"GITHUB_APP_ID", "GITHUB_APP_SLUG", "GITHUB_WEBHOOK_SECRET"}),
        ("desk", {"GITHUB_APP_ID", "GITHUB_APP_SLUG"}),
    ],
)
def test_missing_settings_are_one_sentence_each(tmp_path: Path, process: str, missing: set[str]) -> None:
    """Each names its variable and what it is; the exit status says that trying again would not help."""
    said = agent(process, folder=tmp_path)

    assert said.returncode == 2
    named = [line.split(":")[0] for line in said.stderr.splitlines()]
    assert sorted(named) == sorted(f"{PREFIX}{name}" for name in missing)
    assert all("is not set." in line for line in said.stderr.splitlines())


@pytest.mark.parametrize(
    ("setting", "value", "sentence"),
    [
        ("GITHUB_PRIVATE_KEY_FILE", "/nowhere.pem", "The App's private key cannot be read from /nowhere.pem"),
        ("SERVER_FILE", "/nowhere.yml", "The server file /nowhere.yml cannot be read"),
        ("REDIS_URL", "http://127.0.0.1", "DEVOPS_AGENT_REDIS_URL is not a Redis URL."),
    ],
)
def test_a_wrong_setting_is_a_sentence(
    world: World, tmp_path: Path, setting: str, value: str, sentence: str
) -> None:
    """What a person has to correct ends the process with exit status 2, and is named."""
    environment = settings(world, STATE_DIR=str(tmp_path), LEDGER_URL="", **{setting: value})

    said = agent("desk", folder=tmp_path, environment=environment)

    assert said.returncode == 2
    assert sentence in said.stderr
    assert "Traceback" not in said.stderr


def test_the_doctor_finds_a_healthy_machine_healthy(world: World, tmp_path: Path) -> None:
    """Ledger, Redis, Docker, image, key, permissions and events are looked at; all is well."""
    environment = settings(world, STATE_DIR=str(tmp_path), LEDGER_URL="")  # where nothing has gone wrong yet

    said = agent("doctor", folder=tmp_path, environment=environment)

    assert "✗" not in said.stdout, said.stdout
    assert said.returncode == 0
    assert "ledger: It is open and up to date" in said.stdout


def test_the_doctor_says_what_to_do(world: World, tmp_path: Path) -> None:
    """Each thing that is missing is a sentence with its remedy; the exit status is 1."""
    environment = settings(world, REDIS_URL="redis://127.0.0.1:1/0", SANDBOX_IMAGE="nowhere/missing:1")
    environment["DOCKER_HOST"] = "unix:///nonexistent.sock"

    said = agent("doctor", folder=tmp_path, environment=environment)

    assert said.returncode == 1
    assert "redis: Redis does not answer" in said.stdout
    assert "Docker does not answer on this machine. Start it" in said.stdout
    assert "Traceback" not in said.stdout + said.stderr
