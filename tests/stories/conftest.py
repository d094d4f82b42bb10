"""A second stage for stories that need a server file, or a Docker that goes away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.ledger import Ledger
from bot.processes.stage import GENEROUS, Stage, Wanted, stage
from tests.world import World, new_world

SERVER_FILE = f"""{GENEROUS}\
repositories: [acme/shop-*]
images: ["nowhere/missing:1"]
hosts: ["*.example"]
ceilings: {{step_timeout_s: 60}}
policy: {{bots: [29110]}}
secrets: {{NPM_TOKEN: {{repositories: [acme/*]}}}}
"""
SECRET = "npm-value-that-nobody-sees"


@dataclass(frozen=True)
class StrictStage:
    """A stage with a server file, whose hands reach Docker through `docker` only."""

    stage: Stage
    ledger: Ledger
    docker: Path

    def world(self) -> World:
        return new_world(self.stage, self.ledger)


@pytest.fixture(scope="session")
def strict_stage(
    tmp_path_factory: pytest.TempPathFactory, new_ledger: Callable[[], dict[str, str]]
) -> Iterator[StrictStage]:
    folder = tmp_path_factory.mktemp("strict")
    docker = folder / "docker.sock"
    docker.symlink_to("/var/run/docker.sock")
    file = folder / "server.yml"
    file.write_text(SERVER_FILE)
    vault = folder / "secrets"
    vault.mkdir()
    (vault / "NPM_TOKEN").write_text(SECRET + "\n")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DOCKER_HOST", f"unix://{docker}")
        ours = {"UPDATE_INTERVAL_S": "1", "SERVER_FILE": str(file), "HANDS_WORKERS": "1", "WARM_BOXES": "1"}
        ours["SECRETS_DIR"] = str(vault)
        with stage(Wanted(folder=folder, settings=ours | new_ledger())) as ready:
            ledger = ready.ledger()
            yield StrictStage(ready, ledger, docker)
            ledger.close()
