"""Clocks that are wrong and jump: they may cost time, never a run, and never one twice."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.runs import RunState
from tests.faults.promises import assert_told_once
from tests.stories.test_losing_hands import ONCE
from tests.world import World

pytestmark = [pytest.mark.docker, pytest.mark.redis, pytest.mark.slow]

WORST_S = 30.0

# The library takes its offset off the moment at which a sleep ends, even if that is the watch's: on a machine
# up for less than the offset it is then before the first moment, and the kernel refuses it.
SLEEP = "import select, time\ntime.sleep = lambda seconds: select.select([], [], [], seconds) and None\n"


@dataclass(frozen=True)
class Clock:
    """What one process takes for the time: ours and `offset`, such as `+1h`. Its watch goes right."""

    file: Path

    def shows(self, offset: str) -> None:
        self.file.write_text(offset + "\n")
        time.sleep(1.5)  # it looks once a second


def hours_told(world: World, process: str) -> set[int]:
    """How many hours its log is off: what the process itself took for the time."""
    stamps = re.findall(r'"timestamp": "([^"]+)"', world.log(process))
    return {
        round((datetime.fromisoformat(each) - datetime.now(UTC)).total_seconds() / 3600) for each in stamps
    }


@contextmanager
def clock_of(world: World, process: str, folder: Path) -> Iterator[Clock]:
    """This process is started again under a clock that can be set."""
    library = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))  # `make test` installs it
    clock = Clock(folder / f"{process}.clock")
    clock.file.write_text("+0\n")
    (folder / "sitecustomize.py").write_text(SLEEP)
    faked = {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(clock.file),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "PYTHONPATH": str(folder),
    }
    world.stage.processes.end_one(process)
    world.stage.processes.start_one(process, faked)
    try:
        yield clock
    finally:
        world.loses(process)  # under this library a process that is asked to end may hang, one time in many


def test_a_desk_whose_clock_jumps_takes_no_run_from_its_worker(world: World, tmp_path: Path) -> None:
    """An hour ahead and back again: the run goes on meanwhile, and what was asked then is answered."""
    with clock_of(world, "desk", tmp_path) as clock:
        world.comments("/agent run `date > made.txt && sleep 8`")
        world.step_runs()

        clock.shows("+1h")
        world.comments("/agent status")
        world.until(lambda: 1 in hours_told(world, "desk"))
        time.sleep(5)  # two looks at all leases
        clock.shows("+0")
        run = world.run_ends()

    assert run.state is RunState.SUCCEEDED
    assert run.id in world.answers(2)
    assert run.epoch == 1
    assert_told_once(world, run)


def test_a_desk_that_is_an_hour_late_hears_and_tells(world: World, tmp_path: Path) -> None:
    """What was asked while its clock was wrong, and GitHub refused it, is done when it is right."""
    with clock_of(world, "desk", tmp_path) as clock:
        clock.shows("-1h")
        world.comments("/agent run `ls`")
        world.until(lambda: -1 in hours_told(world, "desk"))  # GitHub takes no signature that is so old
        clock.shows("+0")
        run = world.run_ends()

    assert run.state is RunState.SUCCEEDED
    assert_told_once(world, run)


def test_hands_with_a_wrong_clock_hold_their_run(world: World, tmp_path: Path) -> None:
    """A worker whose clock is an hour ahead works like any other; when it dies, its run is missed in time."""
    with clock_of(world, "hands", tmp_path) as clock:
        clock.shows("+1h")
        world.comments("/agent run `sleep 3`")
        world.run_ends()
        world.comments(ONCE)
        world.step_runs(number=2)
        lost = time.monotonic()
        world.loses("hands")
        killed = world.run_ends(number=2)
        taken_s = time.monotonic() - lost

    (well, _) = world.runs()
    assert 1 in hours_told(world, "hands")
    assert (well.state, well.epoch) == (RunState.SUCCEEDED, 1)
    assert "was lost" in killed.reason
    assert taken_s < WORST_S
    assert_told_once(world, killed)
