"""`devops-agent policy …`: what it prints of examples and of the past, and with which exit status."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from bot.ledger import Ledger
from bot.ledger.audit import AuditLine
from bot.settings import PREFIX
from tests.scripted import NOON, begun, commands

ROOT = Path(__file__).parents[2]
NO_SHELL = "policy: {rules: [{name: no shell, when: {action: [run_command]}, then: deny}]}\n"
EXAMPLES = """\
policy_examples:
- {name: all is well, expect: allow}
- {name: outsiders are let in, given: {role: read}, expect: allow}
"""


def policy(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(PREFIX)}
    return subprocess.run(
        [sys.executable, "-m", "bot", "policy", *arguments],
        cwd=folder,
        env={**kept, "PYTHONPATH": str(ROOT), f"{PREFIX}STATE_DIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_example_of_the_guide_holds(tmp_path: Path) -> None:
    """Each of its examples gets the verdict that it promises."""
    guide = (ROOT / "docs" / "guides" / "policy.md").read_text()
    (block,) = [each.content for each in MarkdownIt().parse(guide) if each.info == "yaml"]
    (tmp_path / "agent.yml").write_text(block)

    said = policy("test", "agent.yml", folder=tmp_path)

    assert said.stdout.splitlines() == [
        "ok: a writer may write code: allow by granted",
        "ok: a command that changes the documents waits, too: approval by docs are reviewed",
        "ok: the weekend is quiet: approval by freeze",
        "3 examples, 0 not as expected.",
    ]
    assert said.returncode == 0


def test_an_example_that_is_not_as_expected_is_a_failure(tmp_path: Path) -> None:
    """It is printed with what it got and why, and the exit status is 1."""
    (tmp_path / ".github").mkdir()
    (tmp_path / ".github" / "agent.yml").write_text(EXAMPLES)

    said = policy("test", folder=tmp_path)

    assert said.returncode == 1
    assert "WRONG: outsiders are let in: deny by outsiders, expected allow. Only someone with" in said.stdout
    assert said.stdout.endswith("2 examples, 1 not as expected.\n")


@pytest.mark.parametrize("command", ["test", "simulate"])
def test_a_file_that_cannot_be_used_is_a_sentence(command: str, tmp_path: Path) -> None:
    """With line and key, and no traceback."""
    (tmp_path / "agent.yml").write_text("policy: {rulez: []}\n")

    said = policy(command, "agent.yml", folder=tmp_path)

    assert said.returncode == 2
    assert "Line 1: `policy.rulez` is not known here. Did you mean `rules`?" in said.stderr


def test_the_past_is_judged_anew(tmp_path: Path) -> None:
    """A line for each run that would not have begun, and how many there are; refusals stay."""
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    run = begun(ledger, commands("make"))
    line = AuditLine(NOON, "reader-rita", 6, "acme/shop", 7, "run", "refused", "needs the role `write`")
    ledger.audit.write(line)
    ledger.close()
    (tmp_path / "agent.yml").write_text(NO_SHELL)

    said = policy("simulate", "agent.yml", folder=tmp_path).stdout
    elsewhere = policy("simulate", "agent.yml", "--repo", "acme/other", folder=tmp_path).stdout
    (tmp_path / "looser.yml").write_text("version: 1\n")
    loosened = policy("simulate", "looser.yml", "--now", "agent.yml", folder=tmp_path).stdout

    assert said.startswith(
        f"{run} acme/shop#7, asked for by writer-will on 2026-11-21 12:00 UTC: would be denied"
    )
    assert (
        "1 past run: 1 would be denied, 0 would need approval, 0 would begin without one. 1 refusal" in said
    )
    assert elsewhere.startswith("0 past runs: 0 would be denied")
    assert "would begin without an approval by granted." in loosened
    assert "0 would be denied, 0 would need approval, 1 would begin without one." in loosened
