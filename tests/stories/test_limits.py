"""GitHub's limits: a hundred runs at once, all of them told truly, and GitHub never has to say no."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.ledger import Ledger
from bot.processes.stage import Wanted, stage
from bot.runs import Run, RunState
from tests.world import World, new_world

pytestmark = [pytest.mark.docker, pytest.mark.redis, pytest.mark.slow]

RUNS = 100
CONVERSATIONS = 10
WORST_S = 700.0  # 400 writes at one a second are seven minutes; a slow machine gets more
OURS = "acme"


@pytest.fixture
def crowd(tmp_path: Path) -> Iterator[World]:
    """Our processes as they are shipped, and a GitHub that keeps all of its limits."""
    settings = {"GITHUB_WRITES_PER_MINUTE": "75", "HANDS_WORKERS": "4"}
    with stage(Wanted(folder=tmp_path, settings=settings)) as ready:
        ready.driver.limits(primary=True, secondary=True, strict_gap=True)
        ledger = Ledger(ready.ledger_url)
        yield new_world(ready, ledger, owner=OURS)
        ledger.close()
        assert ready.driver.sees_trouble() == {"unknown_routes": [], "broken_contracts": []}


@pytest.mark.timeout(WORST_S + 120)
def test_a_hundred_runs_in_a_minute_are_told_truly(crowd: World) -> None:
    """All end; each has its check run and its comment, completed and right; no request was refused."""
    issues = [crowd.opens_issue(f"Idea {number}") for number in range(CONVERSATIONS)]
    began = time.monotonic()
    _asked = [crowd.comments("/agent run `true`", on=issues[n % CONVERSATIONS]) for n in range(RUNS)]
    asked_s = time.monotonic() - began

    runs = all_shown(crowd)

    assert asked_s < 60
    assert [run.state for run in runs] == [RunState.SUCCEEDED] * RUNS
    checks = {each["external_id"]: each for each in crowd.checks()}
    shown = [(checks[run.id]["status"], checks[run.id]["conclusion"]) for run in runs]
    assert shown == [("completed", "success")] * RUNS
    said = [text for number in issues for text in crowd.said(on=number)]
    assert [sum(run.id in text and "Done in" in text for text in said) for run in runs] == [1] * RUNS
    assert len(said) == RUNS
    (spent,) = crowd.stage.driver.sees_limits().values()
    assert spent["refused"] == 0
    assert spent["most_writes_a_minute"] <= 75


def all_shown(crowd: World) -> list[Run]:
    deadline = time.monotonic() + WORST_S

    def shown() -> list[Run]:
        runs = crowd.runs()
        owed = [key for key, done, _ in crowd.ledger.surfaces.all() if not done]
        ended = len(runs) == RUNS and all(run.state.final for run in runs)
        if time.monotonic() > deadline:
            raise AssertionError(f"{len(runs)} runs after {WORST_S} s, {len(owed)} surfaces owed.")
        return runs if ended and not owed else []

    while not (runs := shown()):
        time.sleep(2)
    return runs
