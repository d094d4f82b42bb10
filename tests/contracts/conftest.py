"""What the contracts of Slack share: one Slack for the tests of a file, fresh for each, and a ledger."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.ledger import Ledger
from playground.slack import SlackPlayground, serve_slack
from tests.contracts.slack_door import WORKSPACE
from tests.scripted import NOON


@pytest.fixture(scope="module")
def slack_playground() -> Iterator[SlackPlayground]:
    with serve_slack() as playground:
        yield playground


@pytest.fixture
def slack(slack_playground: SlackPlayground) -> Iterator[SlackPlayground]:
    """Nothing in this test may be something that Slack does not take."""
    slack_playground.driver.reset()
    yield slack_playground
    assert slack_playground.driver.sees_broken() == []


@pytest.fixture
def slack_ledger(tmp_path: Path) -> Iterator[Ledger]:
    """It knows of one workspace that has installed us."""
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    ledger.workspaces.install(WORKSPACE, NOON)
    yield ledger
    ledger.close()
