"""The reference tells the truth: pages made from code are up to date, and examples work."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import fields
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.actions import ACTIONS
from bot.limits import Limits
from bot.plans.model import ErrorHandling
from bot.plans.readers.data import LANGUAGES
from bot.plans.readers.shell import SHELLS
from bot.policy.rules_builtin import BUILT_IN
from bot.reference import PAGES, verbs_block
from bot.rules import check_file, check_server_file
from bot.verbs import VERBS
from tests.decisions.plans import plan

ROOT = Path(__file__).parent.parent.parent
REFERENCE = ROOT / "docs" / "reference"


def fences(path: Path) -> list[Token]:
    return [token for token in MarkdownIt().parse(path.read_text()) if token.type == "fence"]


@pytest.mark.parametrize("name", list(PAGES))
def test_a_page_made_from_code_is_up_to_date(name: str) -> None:
    """Whoever changes the code writes the page again with `python -m bot.reference`."""
    assert (REFERENCE / name).read_text() == PAGES[name]()


@pytest.mark.parametrize("name", list(ACTIONS))
def test_every_action_and_parameter_is_documented(name: str) -> None:
    """No parameter without a row and a meaning."""
    section = (REFERENCE / "actions.md").read_text().split(f"## `{name}`")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \|.*\| (\S.*) \|$", section, re.MULTILINE)

    assert [row[0] for row in rows] == list(ACTIONS[name].parameters.model_fields)


@pytest.mark.parametrize("key", [f"limits.{each.name}" for each in fields(Limits)])
def test_every_limit_is_documented(key: str) -> None:
    """No setting of a repository without a row."""
    assert f"| `{key}` |" in (REFERENCE / "configuration.md").read_text()


@pytest.mark.parametrize("name", list(VERBS))
def test_every_verb_is_documented(name: str) -> None:
    """No verb without a row."""
    assert f"| `/agent {name}" in verbs_block()


def test_the_configuration_examples_can_be_used() -> None:
    """The first example is a repository's file, the second one the server's."""
    repository, server = fences(REFERENCE / "configuration.md")

    assert check_file(repository.content) == []
    assert check_server_file(server.content) == []


def test_the_guide_has_every_built_in_rule() -> None:
    """With the sentence that the table of rules has; and its example can be used."""
    guide = REFERENCE.parent / "guides" / "policy.md"
    rows = [f"| `{rule.name}` | {rule.summary} |" for rule in BUILT_IN.values()]

    assert [row for row in rows if row not in guide.read_text()] == []
    assert [check_file(block.content) for block in fences(guide) if block.info == "yaml"] == [[]]


@pytest.mark.parametrize(
    ("file", "good"),
    [
        ({}, True),
        ({"version": 1, "limits": {"cpus": 1.5}, "verbs": {"run": {"needs": "admin"}}}, True),
        ({"error_handling": "stop", "pull_request": False, "image": "x"}, True),
        ({"policy": {"rules": [{"name": "a", "then": "deny", "when": {"paths": ["a/**", "b"]}}]}}, True),
        ({"policy": {"freeze": [{"begins": "fri 16:00", "ends": "mon 08:00"}], "lock_files": True}}, True),
        ({"vershun": 1}, False),
        ({"policy": {"rules": [{"name": "a", "then": "maybe"}]}}, False),
        ({"policy": {"rules": [{"name": "a", "then": "deny", "when": {"paths": ["/a"]}}]}}, False),
        ({"policy": {"freeze": [{"begins": "friday", "ends": "mon 08:00"}]}}, False),
        ({"policy": {"bots": [1]}}, False),
        ({"version": 2}, False),
        ({"limits": {"pids": 1}}, False),
        ({"limits": {"pids": "many"}}, False),
        ({"verbs": {"rum": {"needs": "admin"}}}, False),
        ({"verbs": {"run": {"needs": "none"}}}, False),
    ],
)
def test_the_published_schema_agrees_with_us(file: dict[str, Any], good: bool) -> None:
    """What an editor accepts with the schema we accept, and the other way round."""
    schema = json.loads((REFERENCE / "agent.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)

    assert jsonschema.Draft202012Validator(schema).is_valid(file) is good
    assert (check_file(json.dumps(file)) == []) is good


@pytest.mark.parametrize("language", ["yaml", "sh"])
def test_the_examples_of_plans_can_be_run(language: str) -> None:
    """The blocks in the reference are plans."""
    (block,) = [each for each in fences(REFERENCE / "plans.md") if each.info == language]

    assert len(plan("", f"```{language}\n{block.content}```").actions) >= 2
    assert language in {**LANGUAGES, **SHELLS}


def test_the_words_of_error_handling_are_documented() -> None:
    """Both choices are explained."""
    text = (REFERENCE / "plans.md").read_text()

    assert all(f"`{choice}`:" in text for choice in ErrorHandling)


def test_the_example_of_a_new_action_type_works(tmp_path: Path) -> None:
    """The example in the guide is a whole action type, and does what it says."""
    example = fences(ROOT / "docs" / "guides" / "adding-an-action.md")[0].content
    room: dict[str, Any] = {}
    exec(compile(example, "adding-an-action.md", "exec", dont_inherit=True), room)
    kind = room["RENAME_PATH"]
    (tmp_path / "-a").write_text("x")

    command = kind.compile({"old": "./-a", "new": "b"})
    subprocess.run(command.argv, cwd=tmp_path, check=True)

    assert len(example.strip().split("\n")) <= 25
    assert kind.describe(kind.read({"old": "-a", "new": "b"})) == "Rename -a to b"
    assert (tmp_path / "b").read_text() == "x"
