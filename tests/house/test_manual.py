"""The manual is whole: commands and settings are documented as they are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer.main

from bot.cli.app import app
from bot.cli.manual import PAGES
from bot.settings import PREFIX, Common, DeskSettings, HandsSettings, WebSettings

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
MODELS: dict[str, type[Common]] = {"web": WebSettings, "desk": DeskSettings, "hands": HandsSettings}
SETTINGS = [(process, name) for process, model in MODELS.items() for name in model.model_fields]
CALLED = f"{(ROOT / 'docker-compose.yml').read_text()}\n{(ROOT / 'Dockerfile').read_text()}"

# Of what a process can be told, a user of the compose file needs these not, for the reason given.
NOT_IN_COMPOSE = {
    "github_private_key_file": "the key is given as one line of .env",
    "github_client_secret_file": "the secret is a line of .env",
    "model_api_key_file": "the key is given as one line of .env",
    "model_timeout_s": "the default is right for the slowest models",
    "redelivery_interval_s": "the default is right where web is not away for days",
    "verify_interval_s": "the default is right where webhooks arrive",
    "update_interval_s": "the default is right for GitHub's limits",
    "github_writes_per_minute": "the default is right for GitHub's limits",
    "slack_api_url": "Slack is at one address; only the playground is elsewhere",
    "slack_update_interval_s": "the default is right for Slack's limits",
    "slack_post_gap_s": "the default is right for Slack's limits",
    "slack_updates_per_minute": "the default is right for Slack's limits",
    "hands_grace_s": "the default fits the compose file's stop_grace_period",
    "git_allow_loopback": "only the playground needs it",
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_the_manual_is_up_to_date(name: str) -> None:
    """Whoever changes a command or a setting writes the page again with `python -m bot.cli.manual`."""
    assert (REFERENCE / name).read_text(encoding="utf-8") == PAGES[name]()


@pytest.mark.parametrize(("process", "name"), SETTINGS)
def test_every_setting_has_a_row_with_a_meaning(process: str, name: str) -> None:
    """The row names the variable, who reads it, and what it means in a sentence."""
    row = re.search(
        rf"^\| `{PREFIX}{name.upper()}` \| (.*) \| .* \| ([A-Z].+\.) \|$",
        (REFERENCE / "settings.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )

    assert row is not None
    assert row[1] == "all" or process in row[1].split(", ")


@pytest.mark.parametrize("name", sorted({name for _, name in SETTINGS} - set(NOT_IN_COMPOSE)))
def test_every_setting_is_given_in_the_compose_file(name: str) -> None:
    """The compose file or our image sets it, so that its user is told of it; exceptions have a reason."""
    assert f"{PREFIX}{name.upper()}" in CALLED


def test_every_command_is_documented_with_a_sentence() -> None:
    """No command without a heading, a sentence, and a meaning for each of its words."""
    text = (REFERENCE / "cli.md").read_text(encoding="utf-8")
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    names = [
        f"{name} {below}".strip()
        for name, command in commands.items()
        for below in getattr(command, "commands", [""])
    ]

    assert re.findall(r"^## `devops-agent (.*)`$", text, re.MULTILINE) == names
    assert "None" not in text


def test_contributing_shows_the_example_that_a_test_runs() -> None:
    """The action type in CONTRIBUTING is word for word that of the guide, which test_reference.py runs."""
    guide = (ROOT / "docs" / "guides" / "adding-an-action.md").read_text(encoding="utf-8")
    example = re.findall(r"^```python\n.*?^```$", guide, re.DOTALL | re.MULTILINE)[0]

    assert example in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
