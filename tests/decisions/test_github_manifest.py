"""app.yml, the events we hear and what the doctor asks for are one and the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from bot.findings import Finding
from handlers.github.doctor import judge
from handlers.github.ears import PATH
from handlers.github.needs import PERMISSIONS, SUBSCRIBED_EVENTS, UNASKED_EVENTS

ROOT = Path(__file__).parents[2]
MANIFEST: dict[str, Any] = yaml.safe_load((ROOT / "app.yml").read_text())

APP: dict[str, Any] = {
    "name": "devops-agent",
    "slug": "devops-agent",
    "permissions": dict(PERMISSIONS),
    "events": sorted(SUBSCRIBED_EVENTS),
    "installations_count": 1,
}
HOOK = {"url": f"https://agent.example{PATH}", "content_type": "json", "secret": "***", "insecure_ssl": "0"}


def test_the_manifest_subscribes_to_what_we_hear() -> None:
    """Every event that has a reader is asked for, and none besides."""
    assert set(MANIFEST["default_events"]) == SUBSCRIBED_EVENTS


def test_the_manifest_lists_no_event_that_github_sends_unasked() -> None:
    """GitHub refuses a manifest that lists them."""
    assert not UNASKED_EVENTS & set(MANIFEST["default_events"])


def test_the_manifest_asks_for_the_least() -> None:
    """The permissions are those that the doctor checks; above all no workflows, no administration."""
    assert MANIFEST["default_permissions"] == PERMISSIONS


def test_the_manifest_points_at_the_door() -> None:
    """Webhooks go to the path that the door answers, by https."""
    assert MANIFEST["hook_attributes"]["url"] == MANIFEST["url"] + PATH
    assert MANIFEST["url"].startswith("https://")


def test_the_guide_names_everything_that_must_be_set() -> None:
    """Whoever follows the guide by hand sees each permission and each event."""
    guide = (ROOT / "docs/guides/create-the-github-app.md").read_text()
    words = {*SUBSCRIBED_EVENTS, *PERMISSIONS, PATH}
    assert {word for word in words if word not in guide} == set()


def bad(findings: list[Finding]) -> dict[str, str]:
    return {finding.name: finding.sentence for finding in findings if not finding.ok}


def test_an_app_made_from_the_manifest_is_well() -> None:
    """Nothing to complain about, and six things looked at."""
    findings = list(judge(APP, HOOK, slug="devops-agent"))
    assert bad(findings) == {}
    assert len(findings) == 6


@pytest.mark.parametrize(
    ("app", "hook", "name", "said"),
    [
        ({"slug": "agent-2"}, {}, "GitHub App slug", "Set the slug to `agent-2`"),
        (
            {"permissions": {**PERMISSIONS, "checks": "read"}},
            {},
            "GitHub App permissions",
            "lacks checks: write",
        ),
        ({"permissions": {}}, {}, "GitHub App permissions", "lacks metadata: read, contents: write"),
        (
            {"permissions": {**PERMISSIONS, "workflows": "write"}},
            {},
            "GitHub App permissions",
            "more than it needs: workflows: write",
        ),
        ({"events": ["check_run"]}, {}, "GitHub App events", "does not tell the App of check_suite"),
        ({}, {"url": None}, "GitHub webhook", "no webhook address"),
        ({}, {"url": "https://agent.example/hook"}, "GitHub webhook", "end in /webhooks/github"),
        ({}, {"content_type": "form"}, "GitHub webhook", "application/json"),
        ({}, {"secret": None}, "GitHub webhook", "no secret"),
        ({}, {"insecure_ssl": "1"}, "GitHub webhook", "SSL verification"),
        ({"installations_count": 0}, {}, "GitHub installations", "installed nowhere"),
    ],
)
def test_each_difference_is_one_sentence_with_what_to_do(
    app: dict[str, Any], hook: dict[str, Any], name: str, said: str
) -> None:
    """The doctor names the one thing that is wrong."""
    found = bad(list(judge({**APP, **app}, {**HOOK, **hook}, slug="devops-agent")))
    assert list(found) == [name]
    assert said in found[name]


def test_reading_more_than_needed_is_no_complaint() -> None:
    """Somebody's additional read permission is their business."""
    app = {**APP, "permissions": {**PERMISSIONS, "members": "read"}}
    assert bad(list(judge(app, HOOK, slug="devops-agent"))) == {}


def test_the_guides_link_fills_in_the_whole_form() -> None:
    """The address in the guide asks for the permissions and events of app.yml."""
    guide = (ROOT / "docs/guides/create-the-github-app.md").read_text()
    link = next(
        line for line in guide.splitlines() if line.startswith("https://github.com/settings/apps/new?")
    )
    asked = parse_qs(urlsplit(link).query)
    assert set(asked["events[]"]) == SUBSCRIBED_EVENTS
    granted = {name: asked[name] for name in PERMISSIONS if name != "metadata"}
    assert granted == {name: [PERMISSIONS[name]] for name in granted}
    assert asked["webhook_url"] == [MANIFEST["hook_attributes"]["url"]]
