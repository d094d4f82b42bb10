"""What `docs/reliability.md` promises is held by tests that exist."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
NAMED = sorted(set(TEST.findall(PAGE)))
SIX = re.split(r"^### (?=\d)", PAGE.partition("## What people can count on")[0], flags=re.MULTILINE)[1:]
ROWS = [line for line in PAGE.splitlines() if re.match(r"\| [A-Z]", line)]


@cache
def names_in(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_a_test_that_is_named_exists(file: str, name: str) -> None:
    """Who renames a test renames it there, too."""
    assert name in names_in(file)


def test_there_are_six_promises() -> None:
    """Numbered as the auditor numbers them."""
    assert [section[0] for section in SIX] == ["1", "2", "3", "4", "5", "6"]


@pytest.mark.parametrize("promise", [*SIX, *ROWS], ids=lambda text: text.strip("| ")[:20])
def test_a_promise_is_held_by_a_test(promise: str) -> None:
    """Whatever is promised names at least one."""
    assert TEST.findall(promise) != []
