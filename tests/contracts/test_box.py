"""The Box contract, for every implementation: commands end truly, are heard fully, and changes are data."""

from __future__ import annotations

import io
import re
import subprocess
import tarfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from bot.actions.model import Command
from bot.errors import UserError
from bot.ids import new_run_id
from bot.ports import Boxes, BoxSpec, Changes, Ended, FileChange, FileMode, Snapshot
from runners.docker import DockerBoxes
from runners.git import GitSnapshots
from runners.local import LocalBoxes
from runners.supervisor.program import program
from tests.boxes import (
    IMAGE,
    SMALL,
    Ear,
    Guest,
    Repository,
    changed,
    containers,
    docker,
    guest,
    new_instance,
    new_repository,
)

pytestmark = pytest.mark.docker

FILES: dict[str | bytes, bytes] = {
    "README.md": b"# Shop\n",
    "src/cart.py": b"TOTAL = 1\n",
    "logo.png": bytes(range(256)),
    "crlf.bat": b"echo\r\n",
    ".gitattributes": b"* text=auto\n",
    ".gitignore": b"*.log\n",
    b"caf\xe9": b"latin-1\n",
}


@pytest.fixture(scope="module", params=["docker", "docker, mounted", "local", "runsc"])
def boxes(request: pytest.FixtureRequest) -> Boxes:
    """Each way in which a box is made and filled."""
    if request.param == "local":
        return LocalBoxes()
    if request.param == "runsc":
        if "runsc" not in docker("info", "--format", "{{json .Runtimes}}"):
            pytest.skip("This engine knows no gVisor.")
        return DockerBoxes(new_instance(), IMAGE, runtime="runsc")
    return DockerBoxes(new_instance(), IMAGE, mounts=request.param == "docker, mounted")


# What a local box says that it does not do: it has no image, and nothing limits its memory.
by_docker = pytest.mark.parametrize("boxes", ["docker", "docker, mounted"], indirect=True)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    made = new_repository(tmp_path_factory.mktemp("acme") / "shop")
    made.commit(FILES)
    return made


@pytest.fixture(scope="module")
def snapshot(repository: Repository, tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return GitSnapshots(tmp_path_factory.mktemp("state")).fetch(repository.origin())


@pytest.fixture(scope="module")
def box(boxes: Boxes, snapshot: Snapshot) -> Iterator[Guest]:
    """One box for all tests that leave it as it was."""
    with guest(boxes, snapshot) as opened:
        yield opened


@pytest.fixture
def own_box(boxes: Boxes, snapshot: Snapshot) -> Iterator[Guest]:
    with guest(boxes, snapshot) as opened:
        yield opened


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("true", 0),
        ("exit 3", 3),
        ("kill -9 $$", 137),
        ("kill -TERM $$", 143),
        ("kill -SEGV $$", 139),
        ("no-such-program", 127),
        ("/etc/passwd", 126),
        ("exec >&- 2>&-; sleep 0.3; exit 5", 5),
    ],
)
def test_the_exit_code_is_the_commands_own(box: Guest, script: str, code: int) -> None:
    """Signals are 128+n, as in a shell; closing the output early changes nothing."""
    told = box.sh(script)

    assert (told.exit.ended, told.exit.code) == (Ended.EXITED, code)


def test_a_box_is_filled_with_what_an_earlier_attempt_left(boxes: Boxes, snapshot: Snapshot) -> None:
    """Changed, new, linked, executable and removed files are as they were, and its changes again."""
    tree = Changes(
        (
            FileChange("README.md", FileMode.FILE, None),
            FileChange("-odd name.txt", FileMode.FILE, b"odd\n"),
            FileChange("bin/run", FileMode.EXECUTABLE, b"#!/bin/sh\n"),
            FileChange("latest", FileMode.SYMLINK, b"src/cart.py"),
            FileChange("src/cart.py", FileMode.FILE, b"TOTAL = 2\n"),
        ),
        b"",
    )
    spec = BoxSpec(run=new_run_id(), epoch=1, image=IMAGE, limits=SMALL, tree=tree)

    with boxes.open(spec, snapshot) as box:
        changed_again = box.changes()

    assert set(changed_again.files) == set(tree.files)


@pytest.mark.parametrize(("program", "code"), [("no-such-program", 127), ("/etc/passwd", 126), ("/etc", 126)])
def test_a_program_that_cannot_start_says_so(box: Guest, program: str, code: int) -> None:
    """Without a shell of the plan's, too, it is an ordinary failure with a sentence on stderr."""
    told = box.does(Command((program,)))

    assert (told.exit.ended, told.exit.code) == (Ended.EXITED, code)
    assert program in told.err


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (Command(("pwd",), cwd="no/where"), "The folder no/where does not exist"),
        (Command(("pwd",), cwd="../etc"), "leads out of the workspace"),
        (Command(("pwd",), cwd="out"), "leads out of the workspace"),
        (Command(()), "The command is empty."),
        (Command(("echo", "a\0b")), "NUL"),
        (Command(("echo", "x" * 140_000)), "too long"),
    ],
)
def test_what_cannot_begin_is_a_failure_with_a_sentence(box: Guest, command: Command, words: str) -> None:
    """Nothing is executed, and the step knows why."""
    box.sh("ln -sfn / out")

    told = box.does(command)

    assert (told.exit.ended, told.exit.code) == (Ended.EXITED, 126)
    assert words in told.err
    box.sh("rm out")


def test_arguments_arrive_as_they_are(box: Guest) -> None:
    """No shell of ours reads them: quotes, dashes, empty words and line breaks stay."""
    words = ("-n", "", "a b", "$HOME", "'\"", "two\nlines", "\u2603", "--")

    told = box.does(Command(("python3", "-c", "import sys; print(sys.argv[1:])", *words)))

    assert told.out == f"{list(words)}\n"


def test_folder_and_environment_are_the_commands(box: Guest) -> None:
    """`cwd` is below the workspace, and `env` is added to the little that a box has."""
    told = box.does(Command(("sh", "-c", "pwd; echo $COLOUR $HOME $CI"), cwd="src", env={"COLOUR": "red"}))

    assert told.out == "/workspace/src\nred /home/agent true\n"


@pytest.mark.parametrize("size", [0, 1, 3_000_000])
def test_stdin_is_fed_and_closed(box: Guest, size: int) -> None:
    """The command sees all of it and then its end."""
    told = box.does(Command(("wc", "-c"), stdin=b"x" * size))

    assert told.out.strip() == str(size)


def test_a_command_need_not_read_its_stdin(box: Guest) -> None:
    """A program that ends early ends, however much there was for it."""
    told = box.does(Command(("true",), stdin=b"x" * 3_000_000))

    assert (told.exit.ended, told.exit.code) == (Ended.EXITED, 0)


def test_output_is_heard_in_order_with_its_stream(box: Guest) -> None:
    """Both streams, as they were written."""
    ear = Ear()

    box.box.run(Command(("sh", "-c", "echo a; sleep 0.1; echo b >&2; sleep 0.1; echo c")), ear)

    assert [(stream.value, text) for stream, text in ear.heard] == [
        ("out", "a\n"),
        ("err", "b\n"),
        ("out", "c\n"),
    ]


def test_output_is_heard_while_the_command_runs(box: Guest) -> None:
    """A line is heard long before its command ends."""
    first = threading.Event()

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(box.box.run, Command(("sh", "-c", "echo go; sleep 1")), lambda *_: first.set())

        assert first.wait(0.9)
        assert not running.done()


def test_a_character_cut_by_time_is_heard_whole(box: Guest) -> None:
    """UTF-8 is decoded across writes; what is no UTF-8 becomes the replacement character."""
    told = box.python(
        "import sys, time; o = sys.stdout.buffer\n"
        "for part in (b'caf\\xc3', b'\\xa9 \\xff', b'\\xe2\\x98'): o.write(part); o.flush(); time.sleep(0.1)"
    )

    assert told.out == "caf\u00e9 \ufffd\ufffd"


def test_what_a_step_leaves_running_ends_with_it(box: Guest) -> None:
    """A server left running does not hold the step by its output, and is gone when the next one begins."""
    told = box.sh("sleep 4321 & echo started")

    assert told.out == "started\n"
    assert told.exit.seconds < 3
    assert box.processes("sleep 4321") == ""


def test_a_timeout_ends_the_command(box: Guest) -> None:
    """What it said until then is heard, and it took hardly longer than it may."""
    told = box.sh("trap '' TERM INT HUP; echo working; while :; do sleep 1; done", timeout_s=1)

    assert (told.exit.ended, told.exit.code) == (Ended.TIMED_OUT, None)
    assert told.out == "working\n"
    assert 1 <= told.exit.seconds < 4


def test_a_timeout_touches_no_other_step(box: Guest) -> None:
    """Of two steps in parallel, the one over its time ends, and the other goes on."""
    with ThreadPoolExecutor(2) as pool:
        long = pool.submit(box.sh, "sleep 3; echo done")
        late = pool.submit(box.sh, "sleep 6543", timeout_s=1)

    assert late.result().exit.ended is Ended.TIMED_OUT
    assert (long.result().exit.code, long.result().out) == (0, "done\n")
    assert box.processes("sleep 6543") == ""


@by_docker
def test_too_much_memory_is_told_apart(box: Guest) -> None:
    """A command that the kernel kills for memory is not just exit code 137, and the box goes on."""
    told = box.python("x = bytearray(2_000_000_000)")

    assert (told.exit.ended, told.exit.code) == (Ended.OUT_OF_MEMORY, None)
    assert box.sh("true").exit.code == 0


def test_stop_ends_running_steps_at_once(own_box: Guest) -> None:
    """From another thread, within a second, twice without harm; nothing starts afterwards."""
    with ThreadPoolExecutor(2) as pool:
        running = [pool.submit(own_box.sh, "sleep 60") for _ in range(2)]
        time.sleep(0.5)
        asked = time.monotonic()
        own_box.box.stop()
        own_box.box.stop()
        ends = [step.result().exit.ended for step in running]

    assert time.monotonic() - asked < 5
    assert ends == [Ended.STOPPED, Ended.STOPPED]
    assert own_box.sh("true").exit.ended is Ended.STOPPED


@by_docker
def test_a_box_that_dies_is_lost_and_its_work_is_not(own_box: Guest) -> None:
    """Whose container goes away under it gets a true end, and what was written before can still be read."""
    own_box.sh("echo kept > kept")

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(own_box.sh, "sleep 30")
        time.sleep(0.5)
        own_box.dies()
    told = running.result()

    assert told.exit.ended is Ended.BOX_LOST
    assert own_box.sh("true").exit.ended is Ended.BOX_LOST
    assert set(changed(own_box.box.changes())) == {"kept"}


def test_the_work_tree_is_the_pinned_commit(box: Guest, repository: Repository) -> None:
    """Detached at the commit and clean, whatever the attributes say about line endings."""
    told = box.sh("git rev-parse HEAD && git status --porcelain && cat crlf.bat")

    assert told.out == f"{repository.head()}\necho\r\n"


def test_nothing_changed_is_nothing(own_box: Guest) -> None:
    """Reading, staging and ignored files change nothing; no line ending is normalised on the way."""
    own_box.sh(
        "git add -A; git status; touch debug.log; mkdir -p node_modules/x; touch node_modules/x/y x.pyc"
    )

    changes = own_box.box.changes()

    assert (changes.patch, changes.left_out) == (b"", ())


def test_changes_come_back_as_data(own_box: Guest) -> None:
    """New, changed, binary, executable, linked, renamed and deleted files, each with mode and content."""
    own_box.sh(
        "echo TOTAL=2 > src/cart.py; mv README.md READ.md; rm crlf.bat; printf '\\000\\377' > logo.png;"
        "echo '#!/bin/sh' > run; chmod +x run .gitignore; ln -s ../x link; touch $'odd\\nname' empty"
    )

    changes = changed(own_box.box.changes())

    assert changes == {
        ".gitignore": FileChange(".gitignore", FileMode.EXECUTABLE, b"*.log\n"),
        "READ.md": FileChange("READ.md", FileMode.FILE, b"# Shop\n"),
        "README.md": FileChange("README.md", FileMode.FILE, None),
        "crlf.bat": FileChange("crlf.bat", FileMode.FILE, None),
        "empty": FileChange("empty", FileMode.FILE, b""),
        "link": FileChange("link", FileMode.SYMLINK, b"../x"),
        "logo.png": FileChange("logo.png", FileMode.FILE, b"\0\xff"),
        "odd\nname": FileChange("odd\nname", FileMode.FILE, b""),
        "run": FileChange("run", FileMode.EXECUTABLE, b"#!/bin/sh\n"),
        "src/cart.py": FileChange("src/cart.py", FileMode.FILE, b"TOTAL=2\n"),
    }


def test_the_patch_makes_the_same_tree(own_box: Guest, repository: Repository, tmp_path: Path) -> None:
    """Applied to the pinned commit, the patch gives the very files, renames shown as renames."""
    own_box.sh(
        "mv README.md READ.md; printf '\\000\\377' > logo.png; ln -s x link; rm crlf.bat;chmod +x src/cart.py"
    )
    changes = own_box.box.changes()
    copy = Repository(tmp_path / "copy")
    repository.git("worktree", "add", "-q", "--detach", str(copy.folder), "HEAD")
    patch = tmp_path / "run.patch"
    patch.write_bytes(changes.patch)

    copy.git("apply", "--index", str(patch))

    assert b"rename to READ.md" in changes.patch
    assert (copy.folder / "logo.png").read_bytes() == b"\0\xff"
    assert copy.git("diff", "--cached", "--name-status", "--no-renames").split() == (
        ["A", "READ.md", "D", "README.md", "D", "crlf.bat", "A", "link", "M", "logo.png", "M", "src/cart.py"]
    )


def test_committed_work_counts_as_changed(own_box: Guest) -> None:
    """What a step commits is compared with the pinned commit like everything else."""
    own_box.sh("echo 1 > new; git add -A; git -c user.name=a -c user.email=a@example.com commit -qm x")

    assert set(changed(own_box.box.changes())) == {"new"}


def test_tracked_files_count_although_ignored(own_box: Guest) -> None:
    """.gitignore hides new files only."""
    own_box.sh("echo '*' > .gitignore; echo changed > README.md; echo new > new")

    assert set(changed(own_box.box.changes())) == {".gitignore", "README.md"}


def test_a_folder_may_become_a_file_and_back(own_box: Guest) -> None:
    """Both directions are a deletion and an addition."""
    own_box.sh("rm -r src; echo file > src; rm README.md; mkdir README.md; echo in > README.md/inner")

    assert set(changed(own_box.box.changes())) == {"src", "src/cart.py", "README.md", "README.md/inner"}


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("head -c 200000 /dev/urandom > a; head -c 200000 /dev/urandom > b", "larger than 256 KiB"),
        ("for i in $(seq 60); do echo > f$i; done", "more than 50 files"),
        ("for i in $(seq 60); do mkdir d$i; touch d$i/x; done", "more than 50 files"),
    ],
)
def test_too_many_changes_are_refused_with_a_sentence(
    boxes: Boxes, snapshot: Snapshot, script: str, words: str
) -> None:
    """The limits of a run hold for what it may bring back."""
    limits = replace(SMALL, patch_bytes=256 * 1024, patch_files=50)

    with guest(boxes, snapshot, limits) as tight:
        tight.sh(script)
        with pytest.raises(UserError, match=words):
            tight.box.changes()


def test_one_huge_file_is_left_out(boxes: Boxes, snapshot: Snapshot) -> None:
    """A core dump or a build result larger than any pull request is named, and the rest is taken."""
    with guest(boxes, snapshot, replace(SMALL, patch_bytes=100_000)) as tight:
        tight.sh("truncate -s 50M huge; echo small > small")
        changes = tight.box.changes()

    assert set(changed(changes)) == {"small"}
    assert changes.left_out == (
        "`huge` was left out: it is larger than all changes of a run may be together.",
    )


def test_changes_end_what_still_runs(own_box: Guest) -> None:
    """Nothing writes any more while the result is read."""
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(own_box.sh, "while :; do date >> clock; done")
        time.sleep(0.5)
        changes = own_box.box.changes()

    assert running.result().exit.ended is Ended.STOPPED
    assert set(changed(changes)) == {"clock"}


@pytest.fixture(scope="module")
def other_image() -> Iterator[str]:
    """The sandbox with a file more, as somebody would build it on ours."""
    name = f"devops-agent/other-{new_instance()}:1"
    made = subprocess.run(
        ["docker", "create", "--user", "0", IMAGE, "sh", "-c", "echo other > /etc/flavour"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    for words in (["start", "-a", made], ["commit", "--change", "USER agent", made, name], ["rm", made]):
        subprocess.run(["docker", *words], check=True, capture_output=True)
    yield name
    subprocess.run(["docker", "rmi", "--force", name], check=True, capture_output=True)


@by_docker
def test_a_step_may_have_an_image_of_its_own(own_box: Guest, other_image: str) -> None:
    """It sees the files of the steps before it, and those after it are back in the run's image."""
    own_box.sh("echo written > file; echo kept > ~/kept; echo there > /tmp/there")

    told = own_box.does(
        Command(("sh", "-c", "cat /etc/flavour file ~/kept /tmp/there; rm file"), image=other_image)
    )

    assert told.out == "other\nwritten\nkept\nthere\n"
    assert own_box.sh("ls file /etc/flavour").exit.code == 2
    assert changed(own_box.box.changes()) == {}


@pytest.fixture(scope="module")
def bare_image() -> Iterator[str]:
    """A Linux image that holds a static program and nothing else."""
    name = f"devops-agent/bare-{new_instance()}:1"
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        content = program().read_bytes()
        member = tarfile.TarInfo("bin/anything")
        member.size, member.mode = len(content), 0o755
        tar.addfile(member, io.BytesIO(content))
    subprocess.run(["docker", "import", "-", name], input=packed.getvalue(), check=True, capture_output=True)
    yield name
    subprocess.run(["docker", "rmi", "--force", name], check=True, capture_output=True)


@by_docker
def test_an_image_without_a_shell_is_told(boxes: Boxes, snapshot: Snapshot, bare_image: str) -> None:
    """It starts all the same: what runs first in a box is ours, and needs nothing of the image."""
    spec = BoxSpec(new_run_id(), 1, bare_image, SMALL)

    with pytest.raises(UserError, match=r"The sandbox image has no `/bin/sh`\."):
        boxes.open(spec, snapshot).__enter__()

    assert containers(spec.run) == []


@by_docker
def test_a_step_whose_image_is_not_here_fails_with_a_sentence(box: Guest) -> None:
    """Nothing is pulled, and the other steps go on."""
    told = box.does(Command(("true",), image="acme/none:1"))

    assert (told.exit.ended, told.exit.code) == (Ended.EXITED, 126)
    assert "`acme/none:1` is not on this machine" in told.err
    assert box.sh("true").exit.code == 0


@by_docker
def test_a_missing_image_is_told_at_once(boxes: Boxes, snapshot: Snapshot) -> None:
    """Nothing is pulled; the sentence says how to get it."""
    began = time.monotonic()

    with pytest.raises(UserError, match=r"`acme/none:1` is not on this machine.*make image"):
        boxes.open(BoxSpec(new_run_id(), 1, "acme/none:1", SMALL), snapshot).__enter__()

    assert time.monotonic() - began < 5


def test_a_repository_larger_than_its_workspace_is_told(
    boxes: Boxes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The sentence names both sizes."""
    folder = tmp_path_factory.mktemp("large")
    large = new_repository(folder / "large")
    large.commit({"zeros": b"\0" * 20_000_000})
    snapshot = GitSnapshots(folder / "state").fetch(large.origin())

    with pytest.raises(UserError, match="needs 19 MiB, and a workspace may have 16 MiB"):
        boxes.open(BoxSpec(new_run_id(), 1, IMAGE, replace(SMALL, workspace_mb=16)), snapshot).__enter__()


@by_docker
def test_a_secret_is_in_a_file_for_the_step_that_names_it(boxes: Boxes, snapshot: Snapshot) -> None:
    """For its own processes and while it runs; no other step sees it, beside it or after it."""
    spec = BoxSpec(new_run_id(), 1, IMAGE, SMALL, secrets={"TOKEN": "value-of-it", "OTHER": "not-asked-for"})
    look = "cat $TOKEN_FILE; ls -ln /run/secrets | tail -n +2; env | grep -c value-of-it; touch up; sleep 2"
    spy = (
        "until test -e up; do sleep 0.05; done; ls /run/secrets 2>&1; echo $TOKEN_FILE; "
        "cat /proc/[0-9]*/environ 2>/dev/null | grep -c value-of-it"
    )
    with boxes.open(spec, snapshot) as box, ThreadPoolExecutor(2) as pool:
        guest = Guest(box, spec.run)
        given = pool.submit(guest.does, Command(("sh", "-c", look), secrets=("TOKEN",)))
        beside = pool.submit(guest.sh, spy)
        out = given.result().out
        assert len(containers(spec.run, "box")) <= 2
        after = guest.sh("ls /run/secrets 2>&1; grep -rl value-of-it /workspace /tmp ~ 2>/dev/null")

    assert re.fullmatch(r"value-of-it-rw------- 1 1000 1000 11 .* TOKEN\n0\n", out)
    assert beside.result().out == "ls: cannot access '/run/secrets': No such file or directory\n\n0\n"
    assert after.out == "ls: cannot access '/run/secrets': No such file or directory\n"


def test_a_step_that_names_a_secret_which_is_not_there_does_not_begin(own_box: Guest) -> None:
    """With the sentence where its output would be."""
    told = own_box.does(Command(("echo", "began"), secrets=("TOKEN",)))

    assert (told.exit.code, told.out) == (126, "")
    assert told.err == "This box was not given the secret `TOKEN`.\n"


def test_files_are_gathered_by_their_names(own_box: Guest) -> None:
    """Of this tree, in the order of their paths; links, special files and `.git` are left alone."""
    own_box.sh(
        "mkdir -p dist/deep build; echo one > dist/a.whl; echo two > dist/deep/b.whl; "
        "echo three > junit.xml; "
        "echo four > build/junit-x.xml; ln -s /etc/passwd dist/link; ln -s /etc build/etc; "
        "touch \"dist/$(printf 'new\\nline')\"; touch \"dist/$(printf '\\377')\"; chmod 0 dist/a.whl"
    )

    found = own_box.box.gather(("dist", "**/junit*.xml", ".git/**", "build/etc/*"))

    assert {file.path: file.content for file in found.files} == {
        "build/junit-x.xml": b"four\n",
        "dist/deep/b.whl": b"two\n",
        "dist/new\nline": b"",
        "junit.xml": b"three\n",
    }
    assert found.left_out == (
        "`dist/a.whl` was left out: it cannot be read.",
        "`dist/link` was left out: it is not a plain file.",
        "`dist/\\xff` was left out: its name is not UTF-8.",
    )


@by_docker
def test_a_pipe_is_not_waited_for(own_box: Guest) -> None:
    """Nobody would ever write into it. gVisor lets nobody make one here."""
    own_box.sh("mkfifo pipe")

    assert own_box.box.gather(("pipe",)).left_out == ("`pipe` was left out: it is not a plain file.",)


def test_what_is_gathered_has_a_size(boxes: Boxes, snapshot: Snapshot) -> None:
    """What does not fit is left out and named, however large it says that it is; the rest comes."""
    with guest(boxes, snapshot, replace(SMALL, artifact_bytes=1000)) as box:
        box.sh("head -c 900 /dev/zero > a; head -c 200 /dev/zero > b; echo c > c; truncate -s 100M d")
        found = box.box.gather(("[a-d]",))

    assert [(file.path, len(file.content)) for file in found.files] == [("a", 900), ("c", 2)]
    assert [sentence.split(" was")[0] for sentence in found.left_out] == ["`b`", "`d`"]
    assert "`artifact_bytes`" in found.left_out[0]


def test_a_flood_of_artifacts_is_no_flood(own_box: Guest) -> None:
    """Thousands of files, of which a thousand come and the rest is counted."""
    own_box.sh("mkdir many; seq 5000 | (cd many && xargs touch)")

    found = own_box.box.gather(("many",))

    assert len(found.files) == 1000
    assert len(found.left_out) == 21
