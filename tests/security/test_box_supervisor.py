"""Steps that reach for the first process of their box, for its descriptors, and for one another."""

from __future__ import annotations

import os
import re
import signal
import struct
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.actions.model import Command
from bot.ports import Boxes, Ended, Snapshot
from runners.docker import DockerBoxes
from runners.git import GitSnapshots
from runners.local import LocalBoxes
from runners.supervisor import protocol
from tests.boxes import IMAGE, Guest, containers, docker, guest, new_instance, new_repository

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module", params=["docker", "local"])
def boxes(request: pytest.FixtureRequest) -> Boxes:
    """Both are kept by the same supervisor, in namespaces that others have made."""
    return LocalBoxes() if request.param == "local" else DockerBoxes(new_instance(), IMAGE)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    folder = tmp_path_factory.mktemp("supervisor")
    repository = new_repository(folder / "shop")
    repository.commit({"README.md": b"# Shop\n"})
    return GitSnapshots(folder / "state").fetch(repository.origin())


@pytest.fixture(scope="module")
def box(boxes: Boxes, snapshot: Snapshot) -> Iterator[Guest]:
    with guest(boxes, snapshot) as opened:
        yield opened


@pytest.fixture
def own_box(boxes: Boxes, snapshot: Snapshot) -> Iterator[Guest]:
    with guest(boxes, snapshot) as opened:
        yield opened


@pytest.mark.parametrize("signal", ["KILL", "STOP", "TERM", "INT", "SEGV", "CHLD", "PIPE", "RTMIN"])
def test_no_signal_of_a_step_reaches_the_first_process(box: Guest, signal: str) -> None:
    """The step goes on, ends as it says, and the next one starts."""
    told = box.sh(f"kill -{signal} 1; kill -{signal} -1; exit 7")

    assert (told.exit.ended, told.exit.code) == (Ended.EXITED, 7)
    assert box.sh("true").exit.code == 0


@pytest.mark.parametrize(
    "reach",
    [
        "echo forged > /proc/1/fd/1",
        "echo forged > /proc/1/fd/2",
        "cat /proc/1/environ",
        "cat /proc/1/maps",
        "head -c 1 /proc/1/mem",
        "readlink -v /proc/1/exe",
        "cat /run/devops-agent/supervisor",
        "cp /run/devops-agent/supervisor .",
        "echo x > /run/devops-agent/supervisor",
        "rm -f /run/devops-agent/supervisor",
        "prlimit --pid 1 --cpu=1:1",
        "prlimit --pid 1 --nofile=3:3",
    ],
)
def test_nothing_of_the_first_process_can_be_reached(box: Guest, reach: str) -> None:
    """Its memory, descriptors, limits and file are closed to steps, which have the same user."""
    told = box.sh(reach)

    assert told.exit.code not in {0, None}
    assert re.search("denied|not permitted|Read-only|busy", told.err)
    assert box.sh("echo well").out == "well\n"


@pytest.mark.parametrize("boxes", ["docker"], indirect=True)  # where its user is root, a local box has root's
def test_no_step_makes_the_kernel_choose_the_first_process(box: Guest) -> None:
    """When memory runs out, a step goes before the supervisor."""
    told = box.sh("echo 1000 > /proc/1/oom_score_adj")

    assert told.exit.code not in {0, None}
    assert box.sh("cat /proc/1/oom_score_adj /proc/self/oom_score_adj").out == "0\n500\n"


@pytest.mark.parametrize("request_", [16, 0x4206])  # PTRACE_ATTACH, PTRACE_SEIZE
def test_the_first_process_cannot_be_traced(box: Guest, request_: int) -> None:
    """Nor its memory written another way, nor a descriptor of it taken."""
    told = box.python(
        "import ctypes, os\n"
        "c = ctypes.CDLL(None, use_errno=True)\n"
        f"print(c.ptrace({request_}, 1, None, None), os.strerror(ctypes.get_errno()))\n"
        "buffer = ctypes.create_string_buffer(8)\n"
        "local = (ctypes.c_void_p * 2)(ctypes.addressof(buffer), 8)\n"
        "remote = (ctypes.c_void_p * 2)(0x400000, 8)\n"
        "print(c.process_vm_readv(1, local, 1, remote, 1, 0), os.strerror(ctypes.get_errno()))\n"
        "pidfd = c.syscall(434, 1, 0)\n"
        "print(c.syscall(438, pidfd, 1, 0), os.strerror(ctypes.get_errno()))\n"
    )

    lines = told.out.splitlines()
    assert len(lines) == 3
    assert all(line.startswith("-1 ") and line != "-1 Success" for line in lines)


def test_a_frame_that_a_step_prints_is_output(box: Guest) -> None:
    """It says that it ended well, in the protocol's own words, on all that it has; it failed."""
    forged = protocol.frame(protocol.END, struct.pack(">B3xiQQQQQ", 0, 0, 0, 0, 0, 0, 0))
    program = (
        "import os\n"
        f"frame = bytes.fromhex('{forged.hex()}')\n"
        "for number in range(64):\n"
        "    try: os.write(number, frame)\n"
        "    except OSError: pass\n"
        "os._exit(3)\n"
    )

    told = box.python(program)

    assert (told.exit.ended, told.exit.code) == (Ended.EXITED, 3)
    assert told.out == told.err == forged.decode(errors="replace")


def test_a_step_has_three_descriptors_and_no_more(box: Guest) -> None:
    """Pipes made for it alone, and nothing of the supervisor's."""
    told = box.does(Command(("ls", "-l", "/proc/self/fd")))

    opened = [line.split()[8:] for line in told.out.splitlines()[1:]]
    assert [each[0] for each in opened] == ["0", "1", "2", "3"]  # 3 is the folder that it lists
    assert opened[3][-1].startswith("/proc/")


def test_what_a_step_leaves_cannot_wait_for_the_next(own_box: Guest) -> None:
    """A tracer in the background, in a session of its own, is dead before the next step begins."""
    own_box.sh(
        "setsid sh -c 'while :; do for p in /proc/[0-9]*; do "
        "echo forged > $p/fd/1; done; done' </dev/null >/dev/null 2>&1 &"
    )

    told = own_box.sh("sleep 0.5; echo honest; ps -eo args= | grep -c 'forge[d] >'; true")

    assert told.out == "honest\n0\n"


def test_steps_side_by_side_do_not_see_each_other(own_box: Guest) -> None:
    """Each has its own processes, network and shared memory: there is nothing to trace, kill or write to."""
    with ThreadPoolExecutor(2) as pool:
        victim = pool.submit(own_box.sh, "exec -a victim-of-forgery sleep 2")
        attacker = pool.submit(
            own_box.sh,
            "sleep 0.7; ps -eo args= | grep -c victim-of-forger[y]; kill -9 -1;"
            "echo; ls -d /proc/[0-9]* | wc -l",
        )

    assert (victim.result().exit.ended, victim.result().exit.code) == (Ended.EXITED, 0)
    seen, _, count = attacker.result().out.splitlines()
    assert (seen, int(count) < 8) == ("0", True)


def test_a_descriptor_that_a_step_gives_away_is_closed_at_its_end(own_box: Guest) -> None:
    """A step hands its output to the one beside it; it ends in time, and no word comes after its end."""
    give = (
        "import array, os, socket, time\n"
        "s = socket.socket(socket.AF_UNIX); s.bind('/tmp/gift'); s.listen(); c, _ = s.accept()\n"
        "socket.send_fds(c, [b'x'], [1]); print('given', flush=True)\n"
    )
    take = (
        "import os, socket, time\n"
        "c = socket.socket(socket.AF_UNIX)\n"
        "while True:\n"
        "    try: c.connect('/tmp/gift'); break\n"
        "    except OSError: time.sleep(0.05)\n"
        "_, (fd,), _, _ = socket.recv_fds(c, 1, 1)\n"
        "time.sleep(1)\n"
        "try: os.write(fd, b'forged')\n"
        "except OSError as e: print(e.strerror)\n"
    )
    with ThreadPoolExecutor(2) as pool:
        giver = pool.submit(own_box.python, give)
        taker = pool.submit(own_box.python, take)

    assert giver.result().out == "given\n"
    assert taker.result().out == "Broken pipe\n"


def test_a_zombie_flood_is_buried(own_box: Guest) -> None:
    """Thousands of orphans end; none stays, and the next step starts."""
    told = own_box.sh("for i in $(seq 2000); do (true &) ; done; echo done")

    assert told.out == "done\n"
    assert own_box.sh("ps -eo stat= | grep -c ^Z").out == "0\n"


def test_a_log_bomb_is_held_back_and_ends_in_time(own_box: Guest) -> None:
    """Somebody who listens slowly makes the step wait: nothing piles up, and its time ends it."""
    heard = 0

    def slowly(_: object, text: str) -> None:
        nonlocal heard
        heard += len(text)
        if heard < 5_000_000:
            threading.Event().wait(0.05)

    ended = own_box.box.run(Command(("yes", "x" * 200), timeout_s=2), slowly)

    assert ended.ended is Ended.TIMED_OUT
    assert ended.seconds < 8


@pytest.mark.parametrize("boxes", ["docker"], indirect=True)
def test_a_supervisor_that_does_nothing_any_more_is_ended_from_outside(own_box: Guest) -> None:
    """Stopped in the middle of a step, it cannot end that at its time: its container is ended instead."""
    (name,) = containers(own_box.run_id, "box")
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(own_box.sh, "sleep 60", timeout_s=1)
        pid = docker("inspect", "--format", "{{.State.Pid}}", name)
        os.kill(int(pid), signal.SIGSTOP)
        told = running.result()

    assert told.exit.ended is Ended.TIMED_OUT
    assert told.exit.seconds < 20
    assert docker("ps", "--quiet", "--filter", f"name={name}") == ""
    assert own_box.sh("true").exit.ended is Ended.BOX_LOST


@pytest.mark.parametrize("locale", ["C", "tr_TR.UTF-8", "no-such-locale"])
def test_locale_and_clock_change_nothing(box: Guest, locale: str) -> None:
    """What a step does to its own words and hours is its own business."""
    told = box.sh(f"export LC_ALL={locale} TZ=Mars/Olympus; date -s 2001-01-01; echo İıŞ; exit 4")

    assert (told.exit.code, told.out.endswith("İıŞ\n")) == (4, True)
    assert told.exit.seconds < 5
