"""A ledger that is away, locked or full for a while: nothing is half made, and all goes on."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.ledger import Ledger
from bot.processes.stage import Stage, Wanted, stage
from bot.runs import Run, RunState
from tests.faults.promises import assert_told_once
from tests.postgres import Postgres, postgres
from tests.world import World, new_world

pytestmark = [pytest.mark.docker, pytest.mark.redis, pytest.mark.slow]

LONGER_THAN_PATIENCE_S = 22.0  # SQLite's writers wait for twenty seconds
ROOM_MB = 24


@dataclass(frozen=True)
class PostgresStage:
    stage: Stage
    ledger: Ledger
    server: Postgres

    def world(self) -> World:
        return new_world(self.stage, self.ledger)


@pytest.fixture(scope="module")
def postgres_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresStage]:
    """A stage on a Postgres that nobody else uses."""
    with postgres() as server:
        settings = {"UPDATE_INTERVAL_S": "1", "REDELIVERY_INTERVAL_S": "0", "LEDGER_URL": server.url()}
        with stage(Wanted(folder=tmp_path_factory.mktemp("postgres"), settings=settings)) as ready:
            ledger = ready.ledger()
            yield PostgresStage(ready, ledger, server)
            ledger.close()


def works_again(world: World) -> None:
    world.comments("/agent run `echo well`")
    assert world.run_ends(number=len(world.runs()) + 1).state is RunState.SUCCEEDED


def assert_true_end(world: World, run: Run) -> None:
    assert run.state is RunState.SUCCEEDED
    assert_told_once(world, run)


@pytest.mark.postgres
def test_a_postgres_that_is_restarted_costs_a_moment(postgres_stage: PostgresStage) -> None:
    """Every connection is cut while a step runs and speaks: the run ends well, and once."""
    world = postgres_stage.world()
    world.comments("/agent run `date > made.txt; for i in 1 2 3 4 5 6; do echo $i; sleep 1; done`")
    world.step_runs()

    with postgres_stage.server.away():
        pass

    assert_true_end(world, world.run_ends())
    works_again(world)


@pytest.mark.postgres
def test_a_run_that_could_not_be_written_down_begins_again(postgres_stage: PostgresStage) -> None:
    """Nobody knows how it went while Postgres was away: it ends well, and what was asked then got a 5xx."""
    world = postgres_stage.world()
    world.comments("/agent run `date > made.txt; for i in 1 2 3 4 5 6; do echo $i; sleep 1; done`")
    world.step_runs()

    with postgres_stage.server.away():
        refused = world.sends(payload(world)).status_code
        time.sleep(6)  # longer than a connection is waited for

    assert refused >= 500
    assert_true_end(world, world.run_ends())


def payload(world: World) -> dict[str, object]:
    """The last comment that was told, as if somebody wrote it again now."""
    told = [each for each in world.stage.driver.sees_deliveries() if each["event"] == "issue_comment"]
    body: dict[str, object] = told[0]["request"]["payload"]
    body["comment"] = {**dict(body["comment"]), "id": 987654}  # type: ignore[call-overload]
    return body


@contextmanager
def locked(world: World) -> Iterator[None]:
    """Somebody else writes into the SQLite file and does not end."""
    file = world.stage.ledger_url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            other.execute("ROLLBACK")


def test_a_locked_sqlite_is_waited_for(sqlite_world: World) -> None:
    """For some seconds nothing can be written; then all goes on, and the run ends well."""
    world = sqlite_world
    world.comments("/agent run `date > made.txt && sleep 3 && echo done`")
    world.step_runs()

    with locked(world):
        time.sleep(8)

    assert_true_end(world, world.run_ends())


def test_a_sqlite_that_is_locked_for_long_lies_about_nothing(sqlite_world: World) -> None:
    """When writers have lost their patience, a run has one true end all the same, and the next one works."""
    world = sqlite_world
    world.comments("/agent run `date > made.txt && sleep 3 && echo done`")
    world.step_runs()

    with locked(world):
        time.sleep(LONGER_THAN_PATIENCE_S)

    run = world.run_ends()
    assert run.state in (RunState.SUCCEEDED, RunState.FAILED)
    assert_told_once(world, run)
    works_again(world)


@pytest.fixture(scope="module")
def small_disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    if os.geteuid() != 0:
        pytest.skip("A small disk needs root.")
    folder = tmp_path_factory.mktemp("small")
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={ROOM_MB}m", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture(scope="module")
def sqlite_stage(
    small_disk: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Stage, Ledger]]:
    """A stage whose ledger and mirrors are on the small disk."""
    url = f"sqlite:///{small_disk / 'ledger.db'}"
    settings = {"UPDATE_INTERVAL_S": "1", "REDELIVERY_INTERVAL_S": "0"}
    settings |= {"LEDGER_URL": url, "STATE_DIR": str(small_disk / "state")}
    with stage(Wanted(folder=tmp_path_factory.mktemp("on-small"), settings=settings)) as ready:
        ledger = ready.ledger()
        yield ready, ledger
        ledger.close()


@pytest.fixture
def sqlite_world(sqlite_stage: tuple[Stage, Ledger]) -> World:
    return new_world(*sqlite_stage)


@contextmanager
def full(disk: Path) -> Iterator[None]:
    """Something else has taken all the room."""
    filler = disk / "filler"
    with suppress(OSError):
        filler.write_bytes(bytes(ROOM_MB * 1024 * 1024))  # more than there is
    try:
        yield
    finally:
        filler.unlink()


def test_a_full_disk_is_said_and_lived_through(sqlite_world: World, small_disk: Path) -> None:
    """Webhooks are answered with 5xx, so that they are asked for again; with room, all goes on."""
    world = sqlite_world
    world.comments("/agent run `echo well`")
    world.run_ends()

    with full(small_disk):
        asked = world.comments("/agent run `echo full`")
        told = world.until(lambda: answered(world, asked))
    world.stage.driver.redelivers(told["id"])
    run = world.run_ends(number=2)

    assert told["status_code"] >= 500
    assert_true_end(world, run)
    works_again(world)


def test_a_disk_that_fills_up_under_a_run_costs_no_truth(sqlite_world: World, small_disk: Path) -> None:
    """What it says meanwhile can be kept nowhere: with room again it has one true end, told once."""
    world = sqlite_world
    world.comments("/agent run `date > made.txt; for i in 1 2 3 4 5 6; do echo $i; sleep 1; done`")
    world.step_runs()

    with full(small_disk):
        time.sleep(4)

    run = world.run_ends()
    assert run.state in (RunState.SUCCEEDED, RunState.FAILED)
    assert_told_once(world, run)
    works_again(world)


def answered(world: World, asked: dict[str, object]) -> dict[str, int] | None:
    told = world.delivery(asked)
    return told if told["status_code"] else None
