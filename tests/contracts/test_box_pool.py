"""Boxes that wait for a run: there before it, one run each, gone with whoever started them."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.limits import Limits
from bot.ports import Snapshot
from runners.docker import DockerBoxes
from runners.git import GitSnapshots
from tests.boxes import IMAGE, containers, docker, guest, new_instance, new_repository

pytestmark = pytest.mark.docker

PATIENCE_S = 30.0


@pytest.fixture
def instance() -> str:
    return new_instance()


@pytest.fixture
def boxes(instance: str) -> Iterator[DockerBoxes]:
    opened = DockerBoxes(instance, IMAGE, warm=1)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    folder = tmp_path_factory.mktemp("pool")
    repository = new_repository(folder / "shop")
    repository.commit({"README.md": b"# Shop\n"})
    return GitSnapshots(folder / "state").fetch(repository.origin())


def until(look: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not look():
        assert time.monotonic() < deadline, "Nothing to see in time."
        time.sleep(0.05)


def ours(instance: str, listing: str = "{{.ID}}") -> set[str]:
    """All containers of an installation."""
    label = f"label=io.devops-agent.instance={instance}"
    return set(docker("ps", "--all", "--filter", label, "--format", listing).split())


def waits(instance: str, boxes: int = 1) -> set[str]:
    """The ids of the containers that wait, as soon as there are so many boxes."""

    def there() -> bool:
        return sum("-warm-" in name for name in ours(instance, "{{.Names}}")) == 2 * boxes

    until(there)
    time.sleep(0.5)  # until they are in the line
    return ours(instance)


def test_a_run_takes_a_box_that_was_there_before(
    boxes: DockerBoxes, instance: str, snapshot: Snapshot
) -> None:
    """Its containers carry the run's name from then on, and another box takes its place."""
    before = waits(instance)

    with guest(boxes, snapshot, Limits()) as box:
        assert box.sh("cat README.md").out == "# Shop\n"
        until(lambda: len(containers(box.run_id)) == 2)
        named = {docker("ps", "-q", "--filter", f"name={name}") for name in containers(box.run_id)}
        assert named == before
        assert waits(instance) > before

    assert ours(instance) & before == set()


def test_no_box_is_used_twice(boxes: DockerBoxes, instance: str, snapshot: Snapshot) -> None:
    """What one run leaves in its files, its home or its memory is not there for the next."""
    for _ in range(2):
        waits(instance)
        with guest(boxes, snapshot, Limits()) as box:
            told = box.sh("ls ~ /tmp /dev/shm; for d in ~ /tmp /dev/shm .; do echo secret > $d/left; done")
            assert "left" not in told.out


def test_a_box_that_is_ill_is_not_lent_out(boxes: DockerBoxes, instance: str, snapshot: Snapshot) -> None:
    """One of its containers has died meanwhile: the run gets another box."""
    ill = waits(instance)
    docker("kill", next(iter(ill)))

    with guest(boxes, snapshot, Limits()) as box:
        assert box.sh("echo fine").out == "fine\n"

    until(lambda: not ours(instance) & ill)


def test_other_limits_are_other_boxes(boxes: DockerBoxes, instance: str, snapshot: Snapshot) -> None:
    """A run with limits of its own gets a box of its own; from then on one of that kind waits."""
    usual = waits(instance)
    small = replace(Limits(), memory_mb=256)

    with guest(boxes, snapshot, small) as box:
        until(lambda: len(containers(box.run_id)) == 2)
        (limit,) = {docker("inspect", "-f", "{{.HostConfig.Memory}}", n) for n in containers(box.run_id)}
    until(lambda: not ours(instance) & usual)
    kinds = {docker("inspect", "-f", "{{.HostConfig.Memory}}", each) for each in waits(instance)}

    assert limit == str(256 * 1024 * 1024)
    assert kinds == {limit}


def test_closing_leaves_nothing(instance: str) -> None:
    """No container waits for a process that is not there."""
    boxes = DockerBoxes(instance, IMAGE, warm=2)
    waits(instance, boxes=2)

    boxes.close()

    assert ours(instance) == set()


def test_a_killed_process_leaves_nothing(instance: str, tmp_path: Path) -> None:
    """Its boxes end with it, and take their volumes along: nobody has to come and clean up."""
    program = (
        "import sys, time; from runners.docker import DockerBoxes\n"
        "boxes = DockerBoxes(sys.argv[1], sys.argv[2], warm=1)\n"
        "time.sleep(600)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", program, instance, IMAGE])
    waits(instance)

    process.kill()
    process.wait()

    until(lambda: not ours(instance))
    label = f"label=io.devops-agent.instance={instance}"
    until(lambda: not docker("volume", "ls", "-q", "--filter", label))
