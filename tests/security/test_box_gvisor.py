"""Boxes by gVisor: a kernel of their own, and what a step can do to the box that it is in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.equipment import Equipment
from bot.errors import UserError
from bot.ids import new_run_id
from bot.ports import BoxSpec, Ended, Snapshot
from runners.docker import DockerBoxes
from runners.git import GitSnapshots
from tests.boxes import IMAGE, SMALL, Guest, docker, guest, new_instance, new_repository

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def boxes() -> DockerBoxes:
    if "runsc" not in docker("info", "--format", "{{json .Runtimes}}"):
        pytest.skip("This engine knows no gVisor.")
    return DockerBoxes(new_instance(), IMAGE, runtime="runsc")


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    folder = tmp_path_factory.mktemp("gvisor")
    repository = new_repository(folder / "shop")
    repository.commit({"a.txt": b"a\n"})
    return GitSnapshots(folder / "state").fetch(repository.origin())


@pytest.fixture
def box(boxes: DockerBoxes, snapshot: Snapshot) -> Iterator[Guest]:
    with guest(boxes, snapshot) as opened:
        yield opened


def test_a_step_never_meets_the_kernel_of_this_machine(box: Guest) -> None:
    """What it calls the kernel is gVisor's own."""
    told = box.sh("dmesg | head -1; cat /proc/version")

    assert "Starting gVisor" in told.out
    with open("/proc/version") as ours:
        assert ours.read() not in told.out


def test_a_step_that_ends_the_supervisor_loses_its_box_and_gains_nothing(box: Guest) -> None:
    """Here the first process is not shielded from its namespace: the run says that its box was lost."""
    told = box.sh("printf 'X\\0\\0\\0' >/proc/1/fd/1 2>&1; kill -9 1; sleep 5; exit 0")

    assert told.exit.ended is Ended.BOX_LOST
    assert box.sh("true").exit.ended is Ended.BOX_LOST


def test_a_box_by_gvisor_has_no_network(boxes: DockerBoxes, snapshot: Snapshot) -> None:
    """Who asks for one is told so, instead of running without."""
    spec = BoxSpec(new_run_id(), 1, IMAGE, SMALL, equipment=Equipment(hosts=("a.example",)))
    with pytest.raises(UserError, match="made by `runsc`, and have no network"):
        boxes.open(spec, snapshot).__enter__()
