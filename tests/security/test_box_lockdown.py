"""The lock-down, by inspection from outside and by a step that tries (attacks S001, S009 to S025)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import docker
import pytest

from bot.ids import RunId, new_run_id
from bot.ports import Snapshot
from runners.docker import DockerBoxes
from runners.git import GitSnapshots
from tests.boxes import IMAGE, SMALL, Guest, containers, guest, new_instance, new_repository

pytestmark = pytest.mark.docker

INSTANCE = new_instance()
CANARY = "ghs_" + "Canary7654321098" * 3


@pytest.fixture(scope="module")
def boxes() -> DockerBoxes:
    return DockerBoxes(INSTANCE, IMAGE)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    folder = tmp_path_factory.mktemp("lockdown")
    repository = new_repository(folder / "shop")
    repository.commit(
        {"test_ok.py": b"def test_ok(tmp_path):\n    assert (tmp_path / 'x').write_text('1')\n"}
    )
    return GitSnapshots(folder / "state").fetch(repository.origin())


@pytest.fixture(scope="module")
def box(boxes: DockerBoxes, snapshot: Snapshot) -> Iterator[Guest]:
    with guest(boxes, snapshot) as opened:
        yield opened


@pytest.fixture(scope="module")
def engine() -> Iterator[docker.DockerClient]:
    client = docker.from_env()
    yield client
    client.close()


def ours(engine: docker.DockerClient, run: RunId) -> list[dict[str, Any]]:
    return [engine.containers.get(name).attrs for name in containers(run)]


@pytest.fixture(params=["box", "keeper"])
def inspected(request: pytest.FixtureRequest, box: Guest, engine: docker.DockerClient) -> dict[str, Any]:
    found = ours(engine, box.run_id)
    by_role = {one["Config"]["Labels"]["io.devops-agent.role"]: one for one in found}
    chosen: dict[str, Any] = by_role[request.param]
    return chosen


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("Privileged", False),
        ("CapDrop", ["ALL"]),
        ("CapAdd", None),
        ("SecurityOpt", ["no-new-privileges"]),
        ("ReadonlyRootfs", True),
        ("NetworkMode", "none"),
        ("PidMode", ""),
        ("IpcMode", "private"),
        ("UsernsMode", ""),
        ("UTSMode", ""),
        ("CgroupParent", ""),
        ("PidsLimit", SMALL.pids),
        ("Memory", SMALL.memory_mb * 1024 * 1024),
        ("MemorySwap", SMALL.memory_mb * 1024 * 1024),
        ("NanoCpus", 2_000_000_000),
        ("Binds", None),
        ("Devices", None),
        ("DeviceRequests", None),
        ("LogConfig", {"Type": "none", "Config": {}}),
        ("OomKillDisable", False),
        ("Init", False),
        ("RestartPolicy", {"Name": "no", "MaximumRetryCount": 0}),
        ("PortBindings", None),
        ("AutoRemove", True),
    ],
)
def test_every_container_carries_the_profile(inspected: dict[str, Any], setting: str, value: object) -> None:
    """S001: each setting that Docker knows has our value, in both containers of a run."""
    assert inspected["HostConfig"][setting] == value


def test_every_container_is_limited_and_nobody(inspected: dict[str, Any]) -> None:
    """S001: open files, core dumps and file sizes are limited; not root; the image is a digest."""
    limited = {one["Name"] for one in inspected["HostConfig"]["Ulimits"]}

    assert limited == {"nofile", "core", "fsize"}
    assert inspected["Config"]["User"] == "1000:1000"
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", inspected["Config"]["Image"])
    assert inspected["Config"]["Hostname"] == "box"


def test_nothing_of_the_host_is_mounted(inspected: dict[str, Any]) -> None:
    """What the run writes is in memory; beside it there is our supervisor, which nobody can change."""
    mounts = {each["Destination"]: (each["Type"], each["RW"]) for each in inspected["Mounts"]}

    assert mounts == {
        "/workspace": ("volume", True),
        "/tmp": ("volume", True),
        "/home/agent": ("volume", True),
        "/run/devops-agent": ("volume", False),
    }


def test_what_a_run_writes_is_sized_and_in_memory(box: Guest, engine: docker.DockerClient) -> None:
    """Its volumes are tmpfs with a size, without setuid files and devices."""
    mounted = ours(engine, box.run_id)[0]["Mounts"]
    (workspace,) = [each["Name"] for each in mounted if each["Destination"] == "/workspace"]

    options = engine.volumes.get(workspace).attrs["Options"]

    assert options["type"] == "tmpfs"
    assert options["o"] == "size=128m,uid=1000,gid=1000,mode=0755,nosuid,nodev"
    mounts = box.sh("cat /proc/self/mounts").out
    assert re.search(r"^tmpfs /workspace tmpfs rw,nosuid,nodev\S*size=131072k", mounts, re.MULTILINE)
    assert re.search(r"^tmpfs /tmp tmpfs rw,nosuid,nodev\S*size=32768k", mounts, re.MULTILINE)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("CapInh", "0000000000000000"),
        ("CapPrm", "0000000000000000"),
        ("CapEff", "0000000000000000"),
        ("CapBnd", "0000000000000000"),
        ("CapAmb", "0000000000000000"),
        ("NoNewPrivs", "1"),
        ("Seccomp", "2"),
        ("Uid", "1000\t1000\t1000\t1000"),
        ("Gid", "1000\t1000\t1000\t1000"),
    ],
)
def test_a_step_has_no_privilege(box: Guest, field: str, value: str) -> None:
    """S011: the kernel's own word about a step's process."""
    assert f"{field}:\t{value}\n" in box.sh("cat /proc/self/status").out


@pytest.mark.parametrize(
    "attempt",
    [
        "unshare -Urm true",
        "python3 -c 'import ctypes; l = ctypes.CDLL(None); exit(l.unshare(0x10000000) == 0)' && false",
        "mknod /tmp/sda b 8 0",
        "echo 1 > /proc/sys/kernel/sysrq",
        "echo c > /proc/sysrq-trigger",
        "head -c1 /proc/kcore | grep -q .",
        "dmesg",
        "echo x > /sys/fs/cgroup/release_agent",
        "touch /x /etc/x /usr/bin/x /home/x /root/x /run/x",
        "chroot / true",
        "cp /bin/sh /tmp/sh && chmod u+s /tmp/sh && chown 0 /tmp/sh",
        "ls /var/run/docker.sock /run/docker.sock",
        "cat /etc/shadow",
        "kill -9 1 && sleep 0.2 && false",
        "command -v docker",
    ],
)
def test_what_a_step_must_not_do_fails(box: Guest, attempt: str) -> None:
    """S011, S021: the kernel says no, and the box goes on."""
    assert box.sh(attempt).exit.code not in (0, None)
    assert box.sh("true").exit.code == 0


def test_there_is_no_network(box: Guest) -> None:
    """S009, S023: only the loopback device, no route, no answer from any address."""
    told = box.python(
        "import socket\n"
        "print(sorted(name for _, name in socket.if_nameindex() if name in ('lo',) or 'eth' in name))\n"
        "for place in (('169.254.169.254', 80), ('8.8.8.8', 53), ('172.17.0.1', 2375), ('10.0.0.1', 80)):\n"
        "    s = socket.socket(); s.settimeout(2)\n"
        "    print(s.connect_ex(place))\n"
        "try: print(socket.gethostbyname('example.com'))\n"
        "except OSError: print('no name')"
    )

    assert told.out.split("\n") == ["['lo']", "101", "101", "101", "101", "no name", ""]
    assert box.sh("tail -n +2 /proc/net/route").out == ""


def test_one_run_sees_nothing_of_another(boxes: DockerBoxes, snapshot: Snapshot) -> None:
    """S013: what a run leaves in any writable place is not in the next run's box."""
    with guest(boxes, snapshot) as first:
        first.sh(f"mkdir ~/.cache; for f in /workspace /tmp /dev/shm ~/.cache; do echo {CANARY} > $f/a; done")
        assert len(first.sh("grep -rl Canary7654 /workspace /tmp /dev/shm ~").out.split()) == 4
        with guest(boxes, snapshot) as second:
            assert second.sh("grep -rl Canary7654 /workspace /tmp /dev/shm /home /run /var").out == ""


def test_no_secret_of_ours_is_in_the_box(boxes: DockerBoxes, snapshot: Snapshot, box: Guest) -> None:
    """S015: environment, git configuration and files of a box name no credential and no remote."""
    told = box.sh(
        "cat /proc/*/environ | tr '\\0' '\\n'; git config -l --show-origin; cat .git/config;"
        "find / -xdev -type f -size -64k 2>/dev/null | xargs grep -lE 'ghs_|x-access-token' 2>/dev/null"
    )

    words = ("ghs_", "token", "secret", "remote", "password", "DEVOPS_AGENT", "x-access")
    assert [word for word in words if word.lower() in told.out.lower()] == []


def test_an_ordinary_test_run_is_green(box: Guest) -> None:
    """S025: the profile does not stand in the way of honest work."""
    told = box.sh("python -m pytest -q -p no:cacheprovider")

    assert told.exit.code == 0
    assert "1 passed" in told.out


def test_ended_processes_leave_no_zombies(box: Guest) -> None:
    """Orphans are taken in by init, which reaps them."""
    box.sh("for i in $(seq 50); do (sh -c 'sleep 0.1 &' &); done; sleep 0.5")

    assert box.sh("sleep 0.3; ps -eo stat= | grep -c ^Z").out == "0\n"


def dangling(engine: docker.DockerClient, instance: str) -> list[str]:
    """The volumes of an installation that no container has any more."""
    filters = {"dangling": True, "label": f"io.devops-agent.instance={instance}"}
    return [each.name for each in engine.volumes.list(filters=filters)]


def test_nothing_is_left_afterwards(
    boxes: DockerBoxes, snapshot: Snapshot, engine: docker.DockerClient
) -> None:
    """Containers and volumes are gone when the block is left, by an exception too."""
    opening = ExitStack()
    opened = opening.enter_context(guest(boxes, snapshot))
    opened.sh("sleep 100 &")
    assert len(containers(opened.run_id)) == 2

    with pytest.raises(RuntimeError, match="on purpose"), opening:
        raise RuntimeError("on purpose")

    assert containers(opened.run_id) == []
    assert dangling(engine, INSTANCE) == []


def test_leftovers_of_a_crash_are_reaped(snapshot: Snapshot, engine: docker.DockerClient) -> None:
    """What a stopped process left is removed by the next one, runs to keep and other instances excepted."""
    instance = new_instance()
    crashed = DockerBoxes(instance, IMAGE)
    other = DockerBoxes(new_instance(), IMAGE)
    with (
        guest(crashed, snapshot) as left,
        guest(crashed, snapshot) as kept,
        guest(other, snapshot) as foreign,
    ):
        crashed.reap(lambda: frozenset({(kept.run_id, 1), (new_run_id(), 1)}))

        assert containers(left.run_id) == []
        assert dangling(engine, instance) == []
        assert kept.sh("true").exit.code == 0
        assert foreign.sh("true").exit.code == 0
