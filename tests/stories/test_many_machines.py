"""Two desks and two hands on one Postgres: they share the work, and none of them is needed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.processes.stage import Wanted, stage
from bot.runs import RunState
from tests.postgres import Postgres
from tests.world import World, new_world

pytestmark = [pytest.mark.docker, pytest.mark.redis, pytest.mark.postgres, pytest.mark.slow]

RUNS = 8


@pytest.fixture
def many(tmp_path_factory: pytest.TempPathFactory, a_postgres: Postgres) -> Iterator[World]:
    settings = {"UPDATE_INTERVAL_S": "1", "LEDGER_URL": a_postgres.url()}
    names = ("web", "desk", "desk-2", "hands", "hands-2")
    wanted = Wanted(folder=tmp_path_factory.mktemp("many"), settings=settings, names=names)
    with stage(wanted) as ready:
        ledger = ready.ledger()
        yield new_world(ready, ledger)
        ledger.close()


def told(world: World, process: str, what: str) -> int:
    return world.log(process).count(what)


def test_two_desks_and_two_hands_share_the_work(many: World) -> None:
    """Each does a part, and each run is done once and shown once."""
    for number in range(RUNS):
        many.comments(f"/agent run `sleep 1 && echo {number}`")

    ends = [many.run_ends(number=number) for number in range(1, RUNS + 1)]

    assert {run.state for run in ends} == {RunState.SUCCEEDED}
    assert {run.epoch for run in ends} == {1}
    assert len(many.checks()) == RUNS
    assert len(many.said()) == RUNS
    shares = [told(many, each, "run.claimed") for each in ("hands", "hands-2")]
    assert sum(shares) == RUNS
    assert min(shares) > 0
    assert min(told(many, each, "delivery.done") for each in ("desk", "desk-2")) > 0


def test_the_others_go_on_when_one_of_each_is_killed(many: World) -> None:
    """A run that was with the lost ones is taken over, and ends well."""
    many.comments("/agent run `echo begun && sleep 3`")
    many.hears(many.step_runs(), "begun")

    many.stage.processes.kill_one("hands")
    many.stage.processes.kill_one("desk")
    many.comments("/agent run `echo after`")

    ends = [many.run_ends(number=1), many.run_ends(number=2)]
    assert {run.state for run in ends} == {RunState.SUCCEEDED}
    assert len(many.checks()) == 2
