"""The README tells the truth: what one copies from it works, and what is generated in it is up to date."""

from __future__ import annotations

from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from bot.limits import Limits
from bot.reading import asks
from bot.reference import verbs_block
from bot.rules import check_file
from tests.decisions.plans import plan

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = [token for token in MarkdownIt().parse(README) if token.type == "fence"]
COMMENTS = [block.content for block in BLOCKS if block.info == "markdown"]


def test_the_readme_has_the_verbs_as_they_are() -> None:
    """The table between the markers is what `bot/reference.py` makes of the table of verbs."""
    assert verbs_block() in README


@pytest.mark.parametrize(
    ("number", "steps"),
    [
        (0, ["run_command", "write_file", "run_command"]),
        (1, ["run_command", "run_command"]),
        (2, ["write_file", "run_command", "run_command"]),
    ],
)
def test_a_comment_that_one_copies_is_a_plan(number: int, steps: list[str]) -> None:
    """Each example is one command, whose steps are those one would expect, and a pull request."""
    (ask,) = asks(COMMENTS[number], slug="devops-agent")

    made = plan(ask.words, ask.text)

    assert ask.verb == "run"
    assert [action.action_type for action in made.actions] == [*steps, "open_pull_request"]


def test_the_configuration_that_one_copies_can_be_used() -> None:
    """The example is a good `.github/agent.yml`."""
    (example,) = [block.content for block in BLOCKS if block.info == "yaml"]

    assert check_file(example) == []


def test_the_limits_are_those_that_hold() -> None:
    """The numbers under "Limits" are the defaults."""
    limits = Limits()
    told = " ".join(README.split("## Limits")[1].split("\n- A box")[0].split())

    assert told == (
        f"- Per run, unless configured: {limits.max_actions} steps, {limits.parallel_steps} at a time, "
        f"{limits.step_timeout_s // 60} minutes a step, {limits.run_timeout_s // 3600} hour, "
        f"{limits.memory_mb // 1024} GiB of memory, {limits.cpus:.0f} processors, {limits.pids} processes, "
        f"{limits.workspace_mb // 1024} GiB of workspace, {limits.log_bytes >> 20} MiB of log. "
        f"At most {limits.patch_files:,} changed files and {limits.patch_bytes >> 20} MiB of them become a "
        "pull request."
    )


@pytest.mark.parametrize("kind", ["bench", "demo"])
def test_the_readme_keeps_a_place_for_what_is_measured(kind: str) -> None:
    """What a benchmark or a demo printed stands between two markers."""
    assert README.index(f"<!-- {kind}:begin -->") < README.index(f"<!-- {kind}:end -->")
