"""What all tests share: the stage is set up once, each story gets a world of its own on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings as examples

from bot.ledger import Ledger
from bot.processes.stage import Stage, Wanted, stage
from tests.postgres import Postgres, postgres
from tests.world import World, new_world

examples.register_profile("unhurried", deadline=None)  # a busy machine is no counterexample
examples.load_profile("unhurried")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--ledger", choices=["sqlite", "postgres"], default="sqlite", help="what the stages of stories keep"
    )
    parser.addoption(
        "--injections", type=int, default=12, help="how many a stranger tries on an obedient model"
    )


@pytest.fixture(scope="session")
def new_ledger(request: pytest.FixtureRequest) -> Callable[[], dict[str, str]]:
    """The setting that gives a stage an empty ledger of the kind that was asked for with `--ledger`."""
    if request.config.getoption("--ledger") == "sqlite":
        return dict  # the stage makes its own
    server: Postgres = request.getfixturevalue("a_postgres")
    return lambda: {"LEDGER_URL": server.url()}


@pytest.fixture(scope="session")
def the_stage(
    tmp_path_factory: pytest.TempPathFactory, new_ledger: Callable[[], dict[str, str]]
) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("stage")
    settings = {
        "UPDATE_INTERVAL_S": "1",
        "REDELIVERY_INTERVAL_S": "0",
        **new_ledger(),
    }
    with stage(Wanted(folder=folder, settings=settings)) as ready:
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


@pytest.fixture(scope="module")
def model_stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A stage with a model that follows a script. What is special about it, the module says: its `SETTINGS`,
    and in `SERVER` the server's file."""
    folder = tmp_path_factory.mktemp("with-a-model")
    settings = {"UPDATE_INTERVAL_S": "1", "REDELIVERY_INTERVAL_S": "0"}
    settings |= getattr(request.module, "SETTINGS", {})
    if (server := getattr(request.module, "SERVER", None)) is not None:
        file = folder / "server.yml"
        file.write_text(server)
        settings["SERVER_FILE"] = str(file)
    with stage(Wanted(folder, settings=settings, model=True)) as ready:
        yield ready
        assert ready.driver.sees_trouble() == {"unknown_routes": [], "broken_contracts": []}


@pytest.fixture(scope="module")
def model_ledger(model_stage: Stage) -> Iterator[Ledger]:
    ledger = model_stage.ledger()
    yield ledger
    ledger.close()


@pytest.fixture
def model_world(model_stage: Stage, model_ledger: Ledger) -> World:
    """A world of its own, and a model that remembers nothing."""
    model_stage.model.forgets()
    return new_world(model_stage, model_ledger)


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
