"""The doctor examines an App on a GitHub over HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.findings import Finding
from handlers.github.doctor import examine
from handlers.github.ears import PATH
from playground import Playground, Settings, serve
from playground.settings import fresh_key


@pytest.fixture(scope="module")
def playground() -> Iterator[Playground]:
    with serve(Settings(webhook_url=f"http://127.0.0.1:9{PATH}")) as it:
        yield it


def look(playground: Playground, *, app_id: int = 4242, key: str | None = None) -> list[Finding]:
    private_key = playground.credentials.private_key if key is None else key
    return examine(app_id, private_key, playground.url, slug="devops-agent")


def test_a_healthy_app_is_found_healthy(playground: Playground) -> None:
    """Key, slug, permissions, events, webhook and installations are all well."""
    findings = look(playground)
    assert [finding.name for finding in findings if not finding.ok] == []
    assert len(findings) == 6


def test_an_app_that_github_does_not_know_is_one_finding(playground: Playground) -> None:
    """A wrong id ends the examination, with the address and the id that were asked."""
    (finding,) = look(playground, app_id=1)
    assert not finding.ok
    assert f"asked {playground.url} as App 1" in finding.sentence


def test_a_text_that_is_no_key_is_one_finding(playground: Playground) -> None:
    """The sentence says which file to take."""
    (finding,) = look(playground, key="hello")
    assert "Download a new one" in finding.sentence


def test_a_github_that_does_not_answer_is_one_finding() -> None:
    """Nobody there is said so."""
    (finding,) = examine(4242, fresh_key(), "http://127.0.0.1:1", slug="devops-agent")
    assert "GitHub cannot be reached" in finding.sentence
