"""An engine that remaps users: root of a container is nobody on its machine, and boxes are as ever."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.ports import FileMode
from runners.docker import DockerBoxes
from runners.git import GitSnapshots
from tests.boxes import IMAGE, guest, new_instance, new_repository
from tests.engine import engine

pytestmark = [pytest.mark.docker, pytest.mark.slow]


def test_a_box_works_where_users_are_remapped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it writes is its own user's, although the engine's machine calls that user otherwise."""
    repository = new_repository(tmp_path / "shop")
    repository.commit({"a.txt": b"a\n"})
    snapshot = GitSnapshots(tmp_path / "state").fetch(repository.origin())
    with engine("--userns-remap=default") as own:
        monkeypatch.setenv("DOCKER_HOST", own.address)
        with guest(DockerBoxes(new_instance(), IMAGE), snapshot) as box:
            told = box.sh(
                "stat -c %u a.txt; echo b > b.txt; touch ~/x /tmp/x; cut -d' ' -f1-99 /proc/self/uid_map"
            )
            changes = box.box.changes()

    owner, mapped = told.out.split("\n")[:2]
    assert (told.exit.code, told.err) == (0, "")
    assert owner == "1000"
    assert mapped.split()[0] == "0"
    assert int(mapped.split()[1]) > 0
    assert [(each.path, each.mode, each.content) for each in changes.files] == [
        ("b.txt", FileMode.FILE, b"b\n")
    ]
