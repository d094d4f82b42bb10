"""What the doctor says of Slack: what nobody has to mend, and what an operator has to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr

from bot.chat.model import Workspace
from bot.findings import Finding
from bot.ledger import Ledger
from bot.settings import DeskSettings
from handlers.slack.doctor import examine
from handlers.slack.needs import SCOPES
from playground.slack import SlackPlayground
from tests.contracts.test_slack_showing import Screen
from tests.scripted import NOON

OTHER = Workspace("T_OTHER", "Other", "U_BOT", "B_BOT", SCOPES, token=b"sealed")


@pytest.fixture
def screen(slack: SlackPlayground, slack_ledger: Ledger) -> Screen:
    return Screen(slack, slack_ledger)


def examined(screen: Screen, *, token: str = "", workspaces: Sequence[Workspace] = ()) -> dict[str, Finding]:
    """What is found, by its name."""
    settings = DeskSettings(
        github_app_id=1,
        github_app_slug="agent",
        slack_bot_token=SecretStr(token) if token else None,
        slack_api_url=screen.playground.api_url,
    )
    ended = screen.ledger.surfaces.ended_early(NOON)
    return {each.name: each for each in examine(settings, workspaces, ended, days=7)}


def ends_early(screen: Screen) -> Finding:
    run = screen.asks()
    screen.shows(times=4)
    screen.ends(run)
    screen.shows(times=4)
    return examined(screen)["what Slack shows"]


def test_an_archived_channel_is_told_and_is_nothing_to_mend(screen: Screen) -> None:
    """People archive channels."""
    screen.slack.archives()

    finding = ends_early(screen)

    assert finding.ok
    assert "is_archived" in " ".join(screen.errors())
    assert "messages ended early in the last 7 days" in finding.sentence


def test_a_bot_that_was_removed_is_told_and_is_nothing_to_mend(screen: Screen) -> None:
    """Whoever asked was told directly."""
    screen.slack.leaves("U_AGENT")

    finding = ends_early(screen)

    assert finding.ok
    assert "not_in_channel" in " ".join(screen.errors())


def test_a_token_that_was_revoked_is_to_be_mended(screen: Screen) -> None:
    """Of the environment and of a workspace that installed us."""
    screen.slack.revokes_token()
    revoked = replace(OTHER, revoked_at=NOON)

    by_environment = examined(screen, token=screen.playground.settings.bot_token)
    by_itself = examined(screen, workspaces=[revoked])

    assert not by_environment["Slack token"].ok
    assert "Install the app there again" in by_itself["Slack workspace “Other”"].sentence


def test_each_workspace_has_scopes_of_its_own(screen: Screen) -> None:
    """One that installed us before we needed another scope has to do it again."""
    lacking = replace(OTHER, scopes=tuple(each for each in SCOPES if each != "files:write"))

    assert examined(screen, workspaces=[OTHER])["Slack scopes in “Other”"].ok
    finding = examined(screen, workspaces=[lacking])["Slack scopes in “Other”"]

    assert (finding.ok, "lacks files:write" in finding.sentence) == (False, True)


def test_what_slack_refused_for_an_hour_is_given_up_and_to_be_mended(screen: Screen) -> None:
    """It did not end early: an operator has to look."""
    screen.slack.fails("chat.postMessage", "missing_scope", times=50)
    screen.asks()
    for _ in range(20):
        screen.shows()
        screen.clock.goes_on(timedelta(minutes=10).total_seconds())

    lost = [why for _, why in screen.ledger.surfaces.given_up(NOON)]

    assert any("missing_scope" in why for why in lost)
    assert not any("missing_scope" in why for _, why in screen.ledger.surfaces.ended_early(NOON))
