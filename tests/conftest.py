"""What all tests share: the stage is set up once, each story gets a world of its own on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.ledger import Ledger
from bot.processes.stage import Stage, Wanted, stage
from tests.postgres import Postgres, postgres
from tests.world import World, new_world


@pytest.fixture(scope="session")
def the_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("stage")
    with stage(Wanted(folder=folder, settings={"UPDATE_INTERVAL_S": "1"})) as ready:
        yield ready
        trouble = ready.driver.sees_trouble()
        assert trouble == {"unknown_routes": [], "broken_contracts": []}


@pytest.fixture(scope="session")
def the_ledger(the_stage: Stage) -> Iterator[Ledger]:
    ledger = the_stage.ledger()
    yield ledger
    ledger.close()


@pytest.fixture
def world(the_stage: Stage, the_ledger: Ledger) -> World:
    return new_world(the_stage, the_ledger)


@pytest.fixture(scope="session")
def a_postgres() -> Iterator[Postgres]:
    with postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of its own, of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    server: Postgres = request.getfixturevalue("a_postgres")
    return server.url()


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    """An empty ledger of its own."""
    opened = Ledger(ledger_url)
    yield opened
    opened.close()
