"""Rules of the locked dependencies: each file has its hash, and no release is among them that stole keys."""

from __future__ import annotations

import sysconfig
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
LOCKED: list[dict[str, Any]] = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))["package"]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
STOLE_KEYS = {"1.82.7", "1.82.8", "1.107.0"}


def test_every_locked_file_has_its_hash() -> None:
    """What is downloaded is what was looked at when it was locked."""
    files = [
        file for each in LOCKED for file in (*each.get("wheels", ()), each.get("sdist", {"hash": "sha256:"}))
    ]

    assert [file["url"] for file in files if not file["hash"].startswith("sha256:")] == []


def test_no_release_is_locked_that_stole_keys() -> None:
    """litellm is pinned, and whatever else asks for it: the poisoned releases are excluded."""
    (pinned,) = [each for each in PROJECT["project"]["dependencies"] if each.startswith("litellm")]
    (excluded,) = [each for each in PROJECT["tool"]["uv"]["constraint-dependencies"] if "litellm" in each]
    locked = {each["version"] for each in LOCKED if each["name"] == "litellm"}

    assert {f"litellm=={version}" for version in locked} == {pinned}
    assert {each.strip("!=") for each in excluded.removeprefix("litellm").split(",")} == STOLE_KEYS


def test_no_package_runs_code_whenever_python_starts() -> None:
    """A `.pth` file can; the only one in the environment leads to our own code."""
    found = {path.name for path in Path(sysconfig.get_path("purelib")).glob("*.pth")}

    assert {name for name in found if "devops_agent" not in name} == set()
