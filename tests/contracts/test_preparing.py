"""What boxes leave for later ones, with real boxes: setups without the code, and caches by key."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bot.equipment import Cache, Equipment, Setup
from bot.errors import UserError
from bot.ids import new_run_id
from bot.limits import Limits
from bot.ports import BoxSpec
from bot.preparing import bring, keep, set_up
from bot.runs import Run
from runners.docker import DockerBoxes
from runners.git import GitSnapshots
from runners.parcels import FileParcels
from tests.boxes import IMAGE, SMALL, Guest, Repository, Told, new_instance, new_repository
from tests.scripted import a_run, commands

pytestmark = pytest.mark.docker

FILES: dict[str | bytes, bytes] = {
    "lock.txt": b"one\n",
    "src/app.py": b"secret plans\n",
    "deep/lock.txt": b"x\n",
}
MAKES = Setup(
    run=("cat lock.txt > ~/made; mkdir -p deps/inner; echo dep > deps/inner/a", "ls -A > ~/seen; cat ~/made"),
    reads=("lock.txt",),
    keeps=("deps", "never-made"),
)


@dataclass
class Workshop:
    """Runs of one repository on one machine, one after the other."""

    repository: Repository
    boxes: DockerBoxes
    snapshots: GitSnapshots
    parcels: FileParcels
    told: list[str] = field(default_factory=list)

    def does(
        self,
        script: str,
        equipment: Equipment,
        *,
        pull: int = 0,
        fails: bool = False,
        limits: Limits = SMALL,
    ) -> Told:
        """One step, in a box with what is asked for; what is to be kept is kept."""
        run = self._run(equipment, pull)
        snapshot = self.snapshots.fetch(self.repository.origin())
        spec = BoxSpec(run.id, 1, IMAGE, limits, equipment=equipment)
        made = set_up(
            run,
            spec,
            snapshot,
            boxes=self.boxes,
            parcels=self.parcels,
            watch=lambda _: nullcontext(),
            tell=self.told.append,
        )
        with self.boxes.open(spec, snapshot) as box:
            bring(run, box, snapshot, self.parcels, made)
            told = Guest(box, run.id).sh(script)
            if not fails:
                self.told += keep(run, box, snapshot, self.parcels)
        return told

    def _run(self, equipment: Equipment, pull: int) -> Run:
        run = a_run(commands("ls"))
        target = replace(run.target, number=pull, on_pull=pull > 0)
        return replace(run, id=new_run_id(), target=target, equipment=equipment)


@pytest.fixture(scope="module")
def boxes() -> Iterator[DockerBoxes]:
    with closing(DockerBoxes(new_instance(), IMAGE)) as opened:
        yield opened


@pytest.fixture
def workshop(boxes: DockerBoxes, tmp_path: Path) -> Workshop:
    repository = new_repository(tmp_path / "acme" / "shop")
    repository.commit(FILES)
    return Workshop(repository, boxes, GitSnapshots(tmp_path / "state"), FileParcels(tmp_path / "state"))


def test_a_setup_sees_what_it_reads_and_nothing_else(workshop: Workshop) -> None:
    """No other file, no history; what it made is there for the steps, beside the code."""
    told = workshop.does("cat ~/made ~/seen deps/inner/a src/app.py", Equipment(setup=MAKES))

    assert told.out == "one\ndeps\nlock.txt\ndep\nsecret plans\n"
    assert [sentence.split(" was done")[0] for sentence in workshop.told] == [
        f"Setup: `{command}`" for command in MAKES.run
    ]


def test_a_setup_is_done_once_for_the_same_files(workshop: Workshop) -> None:
    """Other code changes nothing of it, another lock file does, and so do other commands."""
    workshop.does("true", Equipment(setup=MAKES))
    workshop.repository.commit({"src/app.py": b"other plans\n"})
    workshop.does("true", Equipment(setup=MAKES))
    assert len(workshop.told) == 2

    workshop.repository.commit({"lock.txt": b"two\n"})
    told = workshop.does("cat ~/made", Equipment(setup=MAKES))
    assert (told.out, len(workshop.told)) == ("two\n", 4)

    workshop.does("true", Equipment(setup=replace(MAKES, run=("true",))))
    assert len(workshop.told) == 5


def test_a_setup_that_fails_says_which_command_and_what_it_said(workshop: Workshop) -> None:
    """And nothing of it is kept: the next run tries again."""
    failing = replace(MAKES, run=("echo began", "echo no such package >&2; exit 3"))
    for _ in range(2):
        with pytest.raises(
            UserError, match=r"`echo no such package >&2; exit 3` ended with exit code 3\. It last"
        ):
            workshop.does("true", Equipment(setup=failing))

    assert len(workshop.told) == 2


CACHED = Equipment(caches=(Cache("~/.cache/tool", ("lock.txt",)), Cache("build", ("**/lock.txt",))))
FILL = "mkdir -p ~/.cache/tool build; echo {0} > ~/.cache/tool/a; echo {0} > build/b"
LOOK = "cat ~/.cache/tool/a build/b 2>/dev/null || true"


def test_a_cache_is_there_for_the_next_run(workshop: Workshop) -> None:
    """While its key stays the same it stays what it was; after that the newest is a beginning."""
    assert workshop.does(LOOK + "; " + FILL.format("first"), CACHED).out == ""
    assert workshop.does(LOOK + "; " + FILL.format("second"), CACHED).out == "first\nfirst\n"
    assert workshop.does(LOOK, CACHED).out == "first\nfirst\n"

    workshop.repository.commit({"deep/lock.txt": b"new\n"})
    assert workshop.does(LOOK + "; " + FILL.format("third"), CACHED).out == "first\nfirst\n"
    assert workshop.does(LOOK, CACHED).out == "first\nthird\n"


def test_a_run_that_failed_leaves_no_cache(workshop: Workshop) -> None:
    """What is half made helps nobody."""
    workshop.does(FILL.format("half"), CACHED, fails=True)

    assert workshop.does(LOOK, CACHED).out == ""


def test_a_pull_request_writes_its_own_cache_and_nobody_elses(workshop: Workshop) -> None:
    """It reads that of the default branch; another pull request and the default branch never read its."""
    workshop.does(FILL.format("main"), CACHED)
    assert workshop.does(LOOK, CACHED, pull=7).out == "main\nmain\n"
    workshop.repository.commit({"lock.txt": b"poison\n"})

    workshop.does(FILL.format("poison"), CACHED, pull=7)

    assert workshop.does(LOOK, CACHED, pull=7).out == "poison\npoison\n"
    assert workshop.does(LOOK, CACHED, pull=8).out == "main\nmain\n"
    assert workshop.does(LOOK, CACHED).out == "main\nmain\n"


def test_a_hostile_parcel_stays_in_its_box(workshop: Workshop) -> None:
    """Links out of the folder lead nowhere else when it is unpacked: a box is all that there is."""
    workshop.does(
        "mkdir -p build; ln -s / build/root; ln -s /etc/passwd build/passwd; touch build/-x", CACHED
    )

    told = workshop.does("readlink build/root build/passwd; ls build; touch build/root/here", CACHED)

    assert told.out == "/\n/etc/passwd\n-x\npasswd\nroot\n"
    assert "Read-only file system" in told.err


def test_what_does_not_fit_is_told(workshop: Workshop) -> None:
    """A parcel of a larger box brought into a small one."""
    big = Equipment(setup=Setup(("head -c 20000000 /dev/zero > ~/big",), ("lock.txt",)))
    workshop.does("true", big)

    with pytest.raises(UserError, match="Raise `tmp_mb`"):
        workshop.does("true", big, limits=replace(SMALL, tmp_mb=8))
