"""Steps that fight: bombs, escapes from the timeout, traps in the work tree for whoever reads it."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from bot.actions.model import Command
from bot.errors import Hiccup
from bot.ids import new_run_id
from bot.ports import BoxSpec, Ended, Snapshot, Stream
from runners.docker import DockerBoxes
from runners.git import GitSnapshots
from tests.boxes import IMAGE, SMALL, Guest, changed, guest, new_instance, new_repository

pytestmark = pytest.mark.docker

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def boxes() -> DockerBoxes:
    return DockerBoxes(new_instance(), IMAGE)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    folder = tmp_path_factory.mktemp("hostile")
    repository = new_repository(folder / "shop")
    repository.commit({"README.md": b"# Shop\n", "src/a.py": b"1\n"})
    return GitSnapshots(folder / "state").fetch(repository.origin())


@pytest.fixture(scope="module")
def box(boxes: DockerBoxes, snapshot: Snapshot) -> Iterator[Guest]:
    with guest(boxes, snapshot) as opened:
        yield opened


@pytest.fixture
def own_box(boxes: DockerBoxes, snapshot: Snapshot) -> Iterator[Guest]:
    with guest(boxes, snapshot) as opened:
        yield opened


def test_a_fork_bomb_ends_at_its_timeout(boxes: DockerBoxes, snapshot: Snapshot, box: Guest) -> None:
    """S003: the process limit holds it, the timeout ends it, and another run hardly notices."""
    began = time.monotonic()
    with guest(boxes, snapshot) as bombed, ThreadPoolExecutor(1) as pool:
        running = pool.submit(bombed.sh, "b() { b | b & }; b; while :; do :; done", timeout_s=3)
        time.sleep(2)
        asked = time.monotonic()
        assert box.sh("echo fine").out == "fine\n"
        assert time.monotonic() - asked < 5
        ended = running.result().exit.ended

    assert ended is Ended.TIMED_OUT
    assert time.monotonic() - began < 20


@pytest.mark.parametrize("place", ["/workspace", "/tmp", "/dev/shm", "/home/agent"])
def test_a_full_disk_is_the_runs_own(own_box: Guest, place: str) -> None:
    """S005: every writable place has a size; filling one fails, and the box goes on."""
    told = own_box.sh(
        f"for i in 1 2 3; do dd if=/dev/zero of={place}/f$i bs=1M count=100; done; du -sm {place}"
    )

    assert int(told.out.split()[-2]) <= SMALL.workspace_mb + 1  # beside the commit itself
    assert re.search("No space left|File size limit", told.err)
    assert own_box.sh(f"rm {place}/f*; true").exit.code == 0


@pytest.mark.parametrize(
    "escape",
    [
        "trap '' TERM INT HUP QUIT; sleep 7777",
        "(setsid sleep 7777 &); sleep 7777",
        "setsid sh -c '(sleep 7777 &) ; sleep 7777' & sleep 7777",
        "env -i setsid setsid sh -c 'sleep 7777 & sleep 7777' > /dev/null 2>&1 & sleep 7777",
        "for i in $(seq 20); do (nohup setsid sleep 7777 > /dev/null 2>&1 &); done; sleep 7777",
        "kill -STOP $$; sleep 7777",
        "exec > /dev/null 2>&1; sleep 7777",
        'python3 -c \'import os\nos.fork() or os.setsid() or os.fork() or os.execlp(*2 * ["sleep"], "7777")\''
        "; sleep 7777",
    ],
)
def test_nothing_outlives_its_timeout(box: Guest, escape: str) -> None:
    """S007: whatever a step does to get away, its whole process tree is dead when it has timed out."""
    told = box.sh(escape, timeout_s=1)

    assert told.exit.ended is Ended.TIMED_OUT
    assert told.exit.seconds < 6
    assert box.processes("sleep 7777") == ""


def test_a_forking_tree_is_outrun(own_box: Guest) -> None:
    """A tree that grows while it is being ended ends all the same."""
    told = own_box.sh("while :; do (setsid sh -c 'sleep 0.2; sleep 8888' &); sleep 0.02; done", timeout_s=1)

    assert told.exit.ended is Ended.TIMED_OUT
    assert own_box.processes("sleep 8888") == ""


def test_200_mb_on_one_line_need_little_memory(box: Guest) -> None:
    """Output is never collected: the memory of the listener does not grow with it."""
    heard = dict.fromkeys(Stream, 0)

    def hear(stream: Stream, text: str) -> None:
        heard[stream] += len(text)

    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    before = _peak_mib()
    end = box.box.run(Command(("sh", "-c", "head -c 209715200 /dev/zero | tr '\\0' x")), hear)

    assert (end.code, heard) == (0, {Stream.OUT: 200 * MIB, Stream.ERR: 0})
    assert _peak_mib() - before < 48


def _peak_mib() -> float:
    (kib,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(kib) / 1024


def test_binary_output_is_heard_as_text(box: Guest) -> None:
    """No byte breaks the listener."""
    told = box.sh("head -c 1000000 /dev/urandom; head -c 1000 /dev/urandom >&2")

    assert told.exit.code == 0
    assert "\ufffd" in told.out


def test_a_hostile_git_folder_is_never_read(own_box: Guest, tmp_path: Path) -> None:
    """G007: configuration, hooks, filters and attributes of the box's .git run nowhere when we read."""
    mark = "touch /tmp/mark /workspace/mark"
    own_box.sh(
        f"git config core.fsmonitor '{mark}'; git config core.hooksPath /workspace/h;"
        f"git config diff.external '{mark}'; git config core.excludesFile /workspace/ex;"
        f"git config filter.x.clean '{mark}'; git config filter.x.smudge '{mark}';"
        f"git config core.worktree /; git config diff.x.textconv '{mark}'; git config alias.diff '!{mark}';"
        "echo '*' > ex; echo '* filter=x diff=x' > .gitattributes; mkdir h;"
        f"printf '#!/bin/sh\\n{mark}\\n' | tee h/pre-commit h/post-index-change h/fsmonitor-watchman;"
        "chmod +x h/*;"
        "echo '*' > .git/info/exclude; echo 2 > src/a.py; git update-index --assume-unchanged src/a.py;"
        "echo 'ref: refs/heads/x' > .git/HEAD; rm -rf .git/objects; echo garbage > .git/index;"
        "rm -f mark /tmp/mark"
    )

    changes = own_box.box.changes()

    assert set(changed(changes)) == {
        ".gitattributes",
        "ex",
        "h/fsmonitor-watchman",
        "h/post-index-change",
        "h/pre-commit",
        "src/a.py",
    }
    assert b"+2\n" in changes.patch


@pytest.mark.parametrize(
    "script",
    [
        "rm -rf .git",
        "rm -rf .git; ln -s / .git",
        "rm -rf .git; echo 'gitdir: /etc' > .git",
        "rm -rf .git; mkfifo .git",
    ],
)
def test_a_git_folder_that_is_gone_changes_nothing(own_box: Guest, script: str) -> None:
    """The result is compared with the commit we hold, not with anything in the box."""
    own_box.sh(f"{script}; echo 2 > src/a.py")

    assert set(changed(own_box.box.changes())) == {"src/a.py"}


def test_what_is_no_ordinary_file_is_left_out_with_a_sentence(own_box: Guest) -> None:
    """The honest part of the result is taken, the rest is named, and no name can write its own sentence."""
    own_box.sh(
        """
        mkfifo pipe $'evil`\\n@here'
        rm README.md; mkfifo README.md
        python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket")'
        git init -q inner; touch inner/x
        mkdir .GIT 'git~1' '.git ' $'.g\\u200cit'
        touch .GIT/config git~1/config '.git /config' $'.g\\u200cit/config' 'a\\.git\\x'
        ln -s /etc .gitmodules
        touch $'caf\\351'
        mkdir shut; touch locked shut/x; chmod 000 locked shut
        echo honest > honest
        """
    )

    changes = own_box.box.changes()

    assert set(changed(changes)) == {"honest"}
    assert set(changes.left_out) == {
        "`pipe` was left out: it is neither a file nor a folder nor a symbolic link.",
        "`evil\\x60\\n@here` was left out: it is neither a file nor a folder nor a symbolic link.",
        "`README.md` was left out: it is neither a file nor a folder nor a symbolic link.",
        "`socket` was left out: it is neither a file nor a folder nor a symbolic link.",
        "`inner` was left out: it is a git repository of its own.",
        "`.GIT/config` was left out: git refuses names that some system takes for `.git`.",
        "`git~1/config` was left out: git refuses names that some system takes for `.git`.",
        "`.git /config` was left out: git refuses names that some system takes for `.git`.",
        "`.g\\u200cit/config` was left out: git refuses names that some system takes for `.git`.",
        "`a\\.git\\x` was left out: git refuses names that some system takes for `.git`.",
        "`.gitmodules` was left out: git refuses a `.gitmodules` that is a symbolic link.",
        "`caf\\xe9` was left out: its name is not UTF-8.",
        "`locked` was left out: it cannot be read.",
        "`shut` was left out: it cannot be read.",
    }


def test_links_are_taken_as_links(own_box: Guest) -> None:
    """A link to somewhere else brings its target's name, never its content; none is followed."""
    own_box.sh(
        "ln -s /etc/passwd passwd; ln -s / root; ln -s . self; rm -r src; ln -s /etc src; ln -s ../../etc up"
    )

    changes = changed(own_box.box.changes())

    contents = {path: change.content for path, change in changes.items()}
    assert contents == {
        "passwd": b"/etc/passwd",
        "root": b"/",
        "self": b".",
        "src": b"/etc",
        "src/a.py": None,
        "up": b"../../etc",
    }


def test_a_hundred_thousand_files_are_refused_quickly(boxes: DockerBoxes, snapshot: Snapshot) -> None:
    """Counting stops at the limit, and so does what crosses to us."""
    with guest(boxes, snapshot, replace(SMALL, memory_mb=1024, workspace_mb=512)) as flooded:
        flooded.python("for i in range(100000): open(f'/workspace/f{i}', 'w').close()")
        began = time.monotonic()
        with pytest.raises(Exception, match="more than 1000 files"):
            flooded.box.changes()

    assert time.monotonic() - began < 15


def test_a_sparse_giant_costs_nothing(own_box: Guest) -> None:
    """A file of 4 GB cannot even be made: a file is at most as large as the workspace."""
    told = own_box.sh("truncate -s 4G giant; stat -c %s giant")

    assert told.out == "0\n"
    assert changed(own_box.box.changes())["giant"].content == b""


def test_a_flood_of_special_files_is_summed_up(own_box: Guest) -> None:
    """Sentences stay readable."""
    own_box.sh("for i in $(seq 80); do mkfifo p$i; done")

    left_out = own_box.box.changes().left_out

    assert len(left_out) == 51
    assert left_out[-1] == "And 30 more were left out for such reasons."


def test_an_engine_that_is_not_there_is_one_sentence(
    snapshot: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It names Docker and what to start."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no.sock")

    with pytest.raises(Hiccup, match=r"Docker does not answer on this machine\. Start it"):
        DockerBoxes(new_instance(), IMAGE).open(BoxSpec(new_run_id(), 1, IMAGE, SMALL), snapshot).__enter__()
