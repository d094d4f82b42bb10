"""Stages of their own for faults that would hurt others."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from bot.ledger import Ledger
from bot.processes.stage import Stage, Wanted, stage
from tests.engine import Engine, engine
from tests.world import World, new_world


@dataclass(frozen=True)
class EngineStage:
    """A stage whose hands have an engine of their own."""

    stage: Stage
    ledger: Ledger
    engine: Engine

    def world(self) -> World:
        return new_world(self.stage, self.ledger)


@pytest.fixture(scope="session")
def engine_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineStage]:
    if os.geteuid() != 0:
        pytest.skip("An engine of the test's own needs root.")
    with engine() as own, pytest.MonkeyPatch.context() as environment:
        environment.setenv("DOCKER_HOST", own.address)
        wanted = Wanted(folder=tmp_path_factory.mktemp("engine"), settings={"UPDATE_INTERVAL_S": "1"})
        with stage(wanted) as ready:
            environment.undo()
            ledger = ready.ledger()
            yield EngineStage(ready, ledger, own)
            ledger.close()
