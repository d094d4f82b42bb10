"""Rules of the files: each says what it owns, has an honest name, and holds nothing left behind."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("bot", "handlers", "runners", "playground", "benchmarks", "evals", "tests")
MODULES = [
    path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py")) if path.stat().st_size
]
TESTS = [path for path in MODULES if path.name.startswith("test_")]
FOLDERS = (*PACKAGES, "docs", "scripts", "images", ".ci", ".github")
TEXTS = [
    path
    for path in [*ROOT.iterdir(), *(each for folder in FOLDERS for each in (ROOT / folder).rglob("*"))]
    if path.is_file()
    and path.suffix in {".md", ".py", ".toml", ".yml", ".yaml", ".sh", ".js", ".css", ".html", ""}
    and "__pycache__" not in path.parts
]

# Words for what nobody wanted to name. A thing is called after what it owns.
EMPTY_WORDS = {"manager", "helper", "helpers", "util", "utils", "misc", "stuff", "base", "impl"}

# Written so that this file does not hold what it forbids.
FORBIDDEN = {
    "a note to oneself without an issue": r"\b(?:TO" r"DO|FIX" r"ME|X" r"XX)\b(?!\(#\d+\))",
    "a container registry other than the engine's own": r"\b(?:gh"
    r"cr|qu"
    r"ay|g"
    r"cr)\.io/|mcr\.micro"
    r"soft",
    "the host of a package registry": r"py"
    r"pi\.org|python"
    r"hosted\.org|registry\.npm"
    r"js|deb\.debian\."
    r"org",
    "a mark of a merge": r"^(?:<{7}|>{7}) ",
}
FORBIDDEN_IN_TESTS = {
    "a mock": r"\bunittest\." r"mock\b|\bmock" r"er\b|\bMagic" r"Mock\b",
    "a patch over our own code": r"\bmonkeypatch\.set" r"attr\b",
}


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def words(identifier: str) -> set[str]:
    """`BoxManager` and `box_manager` are both box, manager."""
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", identifier)}


def found(pattern: str, paths: list[Path]) -> list[str]:
    texts = [(path, path.read_text(encoding="utf-8", errors="replace")) for path in paths]
    return [name(path) for path, text in texts if re.search(pattern, text, re.MULTILINE)]


def test_every_module_says_what_it_owns() -> None:
    """The first line of each is a docstring that begins with a sentence."""
    told = {path: ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) for path in MODULES}

    assert [name(path) for path, docstring in told.items() if not docstring] == []


def test_every_test_is_one_sentence_of_the_specification() -> None:
    """It stands in the test's docstring, and ends with a full stop."""
    functions = [
        (path, node)
        for path in TESTS
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    ]
    silent = [f"{name(path)}: {node.name}" for path, node in functions if not ast.get_docstring(node)]

    assert silent == []


def test_everything_is_named_after_what_it_owns() -> None:
    """No module, folder or class is called after nothing in particular."""
    classes = [
        node.name
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
    ]
    names = [part for path in MODULES for part in path.relative_to(ROOT).with_suffix("").parts]

    assert {each for each in (*names, *classes) if words(each) & EMPTY_WORDS} == set()


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_holds_what_does_not_belong_here(what: str) -> None:
    """Some words are only ever left behind by mistake."""
    assert found(FORBIDDEN[what], TEXTS) == []


@pytest.mark.parametrize("what", FORBIDDEN_IN_TESTS)
def test_the_tests_replace_nothing_of_ours(what: str) -> None:
    """A test speaks to the real thing, or to a fake of a port that fails loudly."""
    assert found(FORBIDDEN_IN_TESTS[what], TESTS) == []


@pytest.mark.parametrize("path", [ROOT / "bot" / "verbs", ROOT / "bot" / "actions"], ids=name)
def test_the_listing_is_the_feature_list(path: Path) -> None:
    """Each verb and each family of actions has a file, and the table in `__init__.py` imports every one."""
    table = (path / "__init__.py").read_text(encoding="utf-8")
    shared = {"__init__", "model", "paths", "text"}
    modules = {module.stem for module in path.glob("*.py")} - shared

    assert {
        module for module in modules if not re.search(rf"\.{module} import|import {module}\b", table)
    } == set()
