"""A second stage for stories that need a server file, or a Docker that goes away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import pytest

from bot.ledger import Ledger
from bot.processes.stage import GENEROUS, Slack, Stage, Wanted, stage
from tests.chat import LOGINS, ChatWorld
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


BY_FILE = "C_BYFILE"  # the channel that the server's file binds to the first shop
CHAT_SERVER_FILE = f"""{GENEROUS}\
slack: {{channels: {{{BY_FILE}: {{repository: acme/shop, announce: all}}}}}}
"""
SLACK_PACE = {
    "SLACK_POST_GAP_S": "0.05",
    "SLACK_UPDATE_INTERVAL_S": "0.3",
    "SLACK_UPDATES_PER_MINUTE": "1000",
}


@pytest.fixture(scope="session")
def chat_stage(
    tmp_path_factory: pytest.TempPathFactory, new_ledger: Callable[[], dict[str, str]]
) -> Iterator[Stage]:
    """A stage with a Slack, where time goes ten times as fast."""
    ours = {
        "UPDATE_INTERVAL_S": "1",
        "REDELIVERY_INTERVAL_S": "0",
        **SLACK_PACE,
        "SLACK_WAITING_MINUTES": "0.1",
    }
    folder = tmp_path_factory.mktemp("chat")
    file = folder / "server.yml"
    file.write_text(CHAT_SERVER_FILE)
    ours["SERVER_FILE"] = str(file)
    with stage(Wanted(folder=folder, settings=ours | new_ledger(), slack=Slack.HTTP)) as ready:
        ready.slack.adds_channel(BY_FILE, name="by-file", members=["U_AGENT", *LOGINS])
        yield ready
        assert ready.driver.sees_trouble() == {"unknown_routes": [], "broken_contracts": []}
        assert ready.slack.sees_broken() == []


@pytest.fixture(scope="session")
def chat_ledger(chat_stage: Stage) -> Iterator[Ledger]:
    ledger = chat_stage.ledger()
    yield ledger
    ledger.close()


_channels = count(1)


@pytest.fixture
def chat(chat_stage: Stage, chat_ledger: Ledger) -> ChatWorld:
    """A repository and a channel of their own, in which everybody is."""
    channel = f"C_TALK{next(_channels)}"
    chat_stage.slack.adds_channel(
        channel, name=channel.lower(), members=["U_AGENT", *LOGINS, "U_NOLINK", "U_GUEST", "U_EVE"]
    )
    return ChatWorld(replace(new_world(chat_stage, chat_ledger), patience_s=40), channel)
