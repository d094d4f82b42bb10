"""slack-manifest.yml, what bolt hears, what the doctor asks for and what the guide says are the same."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.chat.model import Workspace
from bot.settings import PREFIX, DeskSettings, WebSettings
from handlers.slack.doctor import scopes
from handlers.slack.door import PATH
from handlers.slack.ears import SHORTCUT
from handlers.slack.needs import EVENTS, SCOPES
from handlers.slack.returning import INSTALL, INSTALLED, LINKED

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "slack-manifest.yml").read_text(encoding="utf-8")
MANIFEST: dict[str, Any] = yaml.safe_load(TEXT)
HOST: str = yaml.safe_load((ROOT / "app.yml").read_text(encoding="utf-8"))["url"]
GUIDE = (ROOT / "docs/slack.md").read_text(encoding="utf-8")
EARS = (ROOT / "handlers/slack/ears.py").read_text(encoding="utf-8")
COMMAND = MANIFEST["features"]["slash_commands"][0]
SETTINGS = MANIFEST["settings"]
LONGEST = [
    (MANIFEST["display_information"]["name"], 35),
    (MANIFEST["display_information"]["description"], 140),
    (MANIFEST["features"]["bot_user"]["display_name"], 80),
    (MANIFEST["features"]["shortcuts"][0]["name"], 24),
    (MANIFEST["features"]["shortcuts"][0]["description"], 150),
    (COMMAND["usage_hint"], 1000),
]
NAMES = sorted({*WebSettings.model_fields, *DeskSettings.model_fields})
OF_SLACK = [name for name in NAMES if name.startswith(("slack_", "github_client_"))]


def test_the_manifest_asks_for_the_least() -> None:
    """The scopes are those that the doctor checks, all of them of the bot and none of a person."""
    assert MANIFEST["oauth_config"]["scopes"] == {"bot": list(SCOPES)}


def test_an_app_made_from_the_manifest_is_well() -> None:
    """The doctor has nothing to say of it."""
    made = Workspace("T1", "Acme", "U1", "B1", tuple(MANIFEST["oauth_config"]["scopes"]["bot"]))
    assert scopes(made).ok


def test_the_manifest_subscribes_to_what_we_hear() -> None:
    """Every event that has a listener is asked for, and none besides."""
    assert SETTINGS["event_subscriptions"]["bot_events"] == list(EVENTS)
    assert set(re.findall(r'@app\.event\("(\w+)"\)', EARS)) == {each.partition(".")[0] for each in EVENTS}


def test_everything_is_sent_to_the_one_door() -> None:
    """Commands, events, presses and lists to choose from: by https, to the path that the door answers."""
    addresses = {
        COMMAND["url"],
        SETTINGS["event_subscriptions"]["request_url"],
        SETTINGS["interactivity"]["request_url"],
        SETTINGS["interactivity"]["message_menu_options_url"],
    }
    assert addresses == {HOST + PATH}
    assert SETTINGS["interactivity"]["is_enabled"] is True


def test_browsers_come_back_to_the_route_that_installs() -> None:
    """Slack refuses any other address."""
    assert MANIFEST["oauth_config"]["redirect_urls"] == [HOST + INSTALLED]


def test_the_host_stands_where_the_manifest_says() -> None:
    """Whoever puts in their own host is told how many places there are."""
    assert HOST.startswith("https://")
    assert len(re.findall(re.escape(HOST), TEXT)) == 5
    assert "in five places" in re.sub(r"\n#", "", TEXT)


def test_the_command_and_the_shortcut_are_those_that_are_heard() -> None:
    """By the names that our listeners have."""
    (shortcut,) = MANIFEST["features"]["shortcuts"]
    assert (shortcut["type"], shortcut["callback_id"]) == ("message", SHORTCUT)
    assert f'@app.command("{COMMAND["command"]}")' in EARS


def test_somebody_can_be_spoken_to_alone_and_has_a_home() -> None:
    """Without the messages tab Slack refuses direct messages, without the other one `views.publish`."""
    home = MANIFEST["features"]["app_home"]
    assert (home["home_tab_enabled"], home["messages_tab_enabled"]) == (True, True)


@pytest.mark.parametrize("switch", ["org_deploy_enabled", "socket_mode_enabled", "token_rotation_enabled"])
def test_nothing_is_switched_on_that_we_do_not_speak(switch: str) -> None:
    """Socket Mode is chosen by hand; tokens that rotate, and whole organisations, are not supported."""
    assert SETTINGS[switch] is False


@pytest.mark.parametrize(("text", "most"), LONGEST)
def test_no_text_is_longer_than_slack_takes(text: str, most: int) -> None:
    """Slack refuses a manifest as a whole, and says little of why."""
    assert 0 < len(text) <= most


@pytest.mark.parametrize("scope", SCOPES)
def test_each_scope_is_explained(scope: str) -> None:
    """In the manifest beside it, and in a row of the guide that says what it is for."""
    assert re.search(rf"^ +- {scope} +# \S.+$", TEXT, re.MULTILINE)
    assert re.search(rf"^\| `{scope}` \| \S.{{15,}} \|$", GUIDE, re.MULTILINE)


def test_the_guide_explains_no_scope_that_is_not_asked_for() -> None:
    """What was dropped is dropped everywhere."""
    assert re.findall(r"^\| `([a-z_]+:[a-z]+|commands)` \|", GUIDE, re.MULTILINE) == list(SCOPES)


@pytest.mark.parametrize("address", [PATH, INSTALL, INSTALLED, LINKED])
def test_the_guide_names_every_address(address: str) -> None:
    """So that whoever has a proxy knows what has to get through."""
    assert address in GUIDE


@pytest.mark.parametrize("name", OF_SLACK)
def test_the_guide_names_every_setting(name: str) -> None:
    """With its whole name, once in a table that says who reads it."""
    assert re.search(rf"^\| `{PREFIX}{name.upper()}` \| (web|desk|web, desk) \|", GUIDE, re.MULTILINE)
