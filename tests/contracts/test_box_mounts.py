"""A commit comes into a box by a mount or as a copy: the same files, and nobody can tell the difference."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.ports import Boxes, Snapshot
from runners.docker import DockerBoxes
from runners.git import GitSnapshots
from runners.git.snapshots import GitSnapshot
from runners.local import LocalBoxes
from tests.boxes import IMAGE, Repository, guest, new_instance, new_repository

pytestmark = [
    pytest.mark.docker,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount"),
]

LISTING = (
    "find . -mindepth 1 ! -type d -printf '%P %y %m %U %G %s %T@ %l\\n' | sort;"
    "find . -mindepth 1 -type d -printf '%P %m %U %G\\n' | sort;"
    "find . -type f -print0 | sort -z | xargs -0 sha256sum; git status --porcelain"
)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    made = new_repository(tmp_path_factory.mktemp("mounts") / "shop")
    folder = made.folder
    made.write(
        {
            "README.md": b"# Shop\n",
            "src/deep/er/cart.py": b"1\n",
            b"caf\xe9": b"\0\xff",
            "run": b"#!/bin/sh\n",
        }
    )
    (folder / "run").chmod(0o755)
    (folder / "link").symlink_to("../outside")
    made.commit({})
    return made


@pytest.fixture(scope="module")
def snapshot(repository: Repository, tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return GitSnapshots(tmp_path_factory.mktemp("state")).fetch(repository.origin())


@pytest.fixture(scope="module")
def mounting() -> DockerBoxes:
    return DockerBoxes(new_instance(), IMAGE)


def listed(boxes: Boxes, snapshot: Snapshot) -> str:
    with guest(boxes, snapshot) as box:
        told = box.sh(LISTING)
    assert told.exit.code == 0, told.err
    return told.out


def test_every_way_gives_the_same_tree_byte_for_byte(mounting: DockerBoxes, snapshot: Snapshot) -> None:
    """Names, kinds, modes, owners, sizes, times, targets and contents, and a clean work tree."""
    mounted = listed(mounting, snapshot)

    assert "caf" in mounted
    assert mounted == listed(DockerBoxes(new_instance(), IMAGE, mounts=False), snapshot)
    assert mounted == listed(LocalBoxes(), snapshot)


def test_a_mount_tells_nothing_of_this_machine(mounting: DockerBoxes, snapshot: Snapshot) -> None:
    """In the box it is an overlay of relative names, and this machine itself has no such mount."""
    with guest(mounting, snapshot) as box:
        mounts = box.sh("grep -F ' /workspace ' /proc/self/mounts").out
        meanwhile = Path("/proc/self/mountinfo").read_text()

    assert "workspace /workspace overlay rw,nosuid,nodev" in mounts
    assert "lowerdir=lower,upperdir=upper,workdir=work" in mounts
    assert "overlay workspace" not in meanwhile


def test_a_run_changes_nothing_for_the_next(mounting: DockerBoxes, snapshot: Snapshot) -> None:
    """What one removes, overwrites and adds, the next one has as the commit has it."""
    first = listed(mounting, snapshot)

    with guest(mounting, snapshot) as box:
        told = box.sh("rm -rf src README.md; echo 2 > run; chmod 600 run; echo new > new; rm -rf .git")
        assert told.exit.code == 0, told.err

    assert listed(mounting, snapshot) == first


def test_steps_side_by_side_work_on_the_same_files(mounting: DockerBoxes, snapshot: Snapshot) -> None:
    """What one writes, the other reads, in the commit's own folders and in new ones."""
    write = "mkdir -p new; echo told > src/told; echo told > new/told; sleep 1"
    read = "until [ -s src/told ] && [ -s new/told ]; do sleep 0.05; done; cat src/told new/told"

    with guest(mounting, snapshot) as box, ThreadPoolExecutor(2) as pool:
        writing, reading = pool.submit(box.sh, write), pool.submit(box.sh, read)

        assert (writing.result().exit.code, reading.result().out) == (0, "told\ntold\n")


def test_a_folder_of_the_commit_can_be_renamed(mounting: DockerBoxes, snapshot: Snapshot) -> None:
    """By rename(2), as git and build tools do it, without a copy."""
    with guest(mounting, snapshot) as box:
        told = box.python("import os; os.rename('src', 'lib'); print(open('lib/deep/er/cart.py').read())")
        git = box.sh("git mv lib src && git status --porcelain")

    assert told.out == "1\n\n"
    assert (git.exit.code, git.out) in {(0, ""), (128, "")}  # `lib` is not known to git


def test_a_tree_that_a_box_works_on_is_not_thrown_away(repository: Repository, tmp_path: Path) -> None:
    """Room is made by those that nobody has."""
    small = GitSnapshots(tmp_path / "state", shelf_bytes=1)
    first = small.fetch(repository.origin())
    repository.commit({"another": b"one\n"})
    second = small.fetch(repository.origin())
    assert isinstance(first, GitSnapshot)
    assert isinstance(second, GitSnapshot)

    with first.tree() as held:
        with second.tree() as other:
            assert (other / "another").exists()
            assert (held / "README.md").exists()
        with first.tree():
            pass
        assert not other.exists()
        assert (held / "README.md").exists()
