"""In which workspace a channel of the server's file is: nobody who installs us elsewhere changes it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.chat.model import Spot, Workspace
from bot.desk.chat.announcing import announcing
from bot.desk.chat.finding import binding_of
from bot.errors import UserError
from bot.ids import RunId
from bot.ledger import Ledger
from bot.processes.slack import look_for_workspaces
from bot.rules import ServerFile
from bot.settings import DeskSettings
from tests.scripted import NOON, PLACE, Nobody, a_desk

OURS = Workspace("T_ACME", "Acme", "U_AGENT", "B_AGENT", ())
STRANGERS = Workspace("T_EVIL", "Evil", "U_BOT", "B_BOT", (), token=b"sealed")


def server(**more: str) -> ServerFile:
    channel = {"repository": "acme/shop", "announce": "all", **more}
    return ServerFile.model_validate({"slack": {"channels": {"C_OPS": channel}}})


def announced(ledger: Ledger, written: ServerFile) -> set[str]:
    """The lines in which a new run is shown."""
    nobody: Any = Nobody()
    desk = replace(a_desk(ledger), chat=nobody, server=written)
    return {surface.line for surface in announcing(desk, PLACE, 7, RunId("r1"))}


def test_a_channel_without_a_workspace_is_in_the_one_of_our_token(ledger: Ledger) -> None:
    """Whoever else has installed us, and whenever."""
    ledger.workspaces.install(OURS, NOON)
    assert announced(ledger, server()) == {"T_ACME:C_OPS"}

    ledger.workspaces.install(STRANGERS, NOON)

    assert announced(ledger, server()) == {"T_ACME:C_OPS"}
    assert announced(ledger, server(workspace="T_OTHER")) == {"T_OTHER:C_OPS"}


def test_a_stranger_is_not_taken_for_us(ledger: Ledger) -> None:
    """Also where they are the only one, and their channel has the same name."""
    ledger.workspaces.install(STRANGERS, NOON)

    assert announced(ledger, server()) == set()
    desk = replace(a_desk(ledger), server=server())
    assert binding_of(desk, Spot("T_EVIL", "C_OPS")) is None


def settings(**given: Any) -> DeskSettings:
    return DeskSettings(github_app_id=1, github_app_slug="agent", **given)


@pytest.mark.parametrize(
    ("given", "more"),
    [({"slack_bot_token": "xoxb-1"}, {}), ({"slack_client_secret": "s"}, {"workspace": "T_ACME"}), ({}, {})],
    ids=["our token", "named", "no Slack"],
)
def test_a_desk_that_knows_where_its_channels_are_begins(given: dict[str, Any], more: dict[str, str]) -> None:
    """By its own token, or because the file says it; without Slack nobody asks."""
    look_for_workspaces(settings(**given), server(**more))


def test_a_desk_that_would_have_to_guess_says_so() -> None:
    """Before it begins, and not on the day when somebody installs us in one more workspace."""
    with pytest.raises(UserError, match="Write `workspace: T…` below it"):
        look_for_workspaces(settings(slack_client_secret="s"), server())
