"""Rules of the documents: what they name exists, decisions have one form, the changelog is open on top."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[2]
OURS = (
    "bot",
    "handlers",
    "runners",
    "playground",
    "tests",
    "benchmarks",
    "evals",
    "scripts",
    "images",
    "docs",
    ".ci",
)
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
DECISIONS = sorted((ROOT / "docs" / "adr").glob("*.md"))
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
REQUIRED = (
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "CHANGELOG.md",
    "LICENSE",
    "app.yml",
)

_PATH = re.compile(rf"(?:{'|'.join(map(re.escape, OURS))})/[\w./*-]*[\w*/]", re.ASCII)


def named(page: Path) -> list[Path]:
    """Every file of ours that a page links to or names as code, outside of fenced blocks."""
    inline = [
        token for token in MarkdownIt().parse(page.read_text(encoding="utf-8")) if token.type == "inline"
    ]
    children = [child for token in inline for child in token.children or []]
    targets = [str(child.attrs["href"]) for child in children if child.type == "link_open"]
    links = [page.parent / target.split("#")[0] for target in targets if not re.match(r"\w+:|#", target)]
    codes = [child.content for child in children if child.type == "code_inline"]
    return links + [ROOT / code for code in codes if _PATH.fullmatch(code)]


def exists(path: Path) -> bool:
    return any(ROOT.glob(str(path.relative_to(ROOT)))) if "*" in str(path) else path.exists()


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_file_that_a_page_names_exists(page: Path) -> None:
    """A newcomer who follows a path in the documents arrives."""
    assert [name(path) for path in named(page) if not exists(path)] == []


def test_every_page_can_be_found() -> None:
    """The index of the documents leads to each guide and each page of the reference."""
    index = ROOT / "docs" / "README.md"
    listed = {path.resolve() for path in named(index)}
    pages = {*(ROOT / "docs" / "guides").iterdir(), *(ROOT / "docs" / "reference").iterdir()}

    assert {name(path) for path in pages - listed} == set()


@pytest.mark.parametrize("document", REQUIRED)
def test_the_documents_that_people_look_for_are_there(document: str) -> None:
    """And none of them is empty."""
    assert len((ROOT / document).read_text(encoding="utf-8")) > 200


def test_decisions_are_numbered_without_a_gap() -> None:
    """Their files are in the order in which they were taken."""
    assert [int(path.name[:4]) for path in DECISIONS] == list(range(1, len(DECISIONS) + 1))


@pytest.mark.parametrize("path", DECISIONS, ids=name)
def test_a_decision_has_its_five_parts(path: Path) -> None:
    """Number with title, date with status, context, decision, consequences: in this order, none empty."""
    number = int(path.name[:4])
    form = (
        rf"# {number}\. \S.*\n\n\d{{4}}-\d\d-\d\d · (?:accepted|superseded by \d+)\n"
        r"\n## Context\n\n(?:.+\n+)+?## Decision\n\n(?:.+\n+)+?## Consequences\n\n(?:.+\n+)+"
    )

    assert re.fullmatch(form, path.read_text(encoding="utf-8"))


def test_every_dependency_has_its_reason() -> None:
    """A library that pyproject.toml asks for is named in a decision."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {re.split(r"[\[<>=]", each)[0] for each in project["dependencies"]}
    decided = "\n".join(path.read_text(encoding="utf-8") for path in DECISIONS)

    assert {library for library in wanted if not re.search(rf"\b{library}\b", decided)} == set()


def test_the_changelog_is_open_on_top() -> None:
    """`Unreleased` is the first section, so that a change knows where to write its sentence."""
    assert re.findall(r"^## (.*)$", CHANGELOG, re.MULTILINE)[0] == "[Unreleased]"


def test_the_changelog_is_written_in_sentences() -> None:
    """Every entry begins with a capital or a name in code, and ends with a full stop."""
    entries = re.findall(r"^- (.*)$", CHANGELOG, re.MULTILINE)

    assert [entry for entry in entries if not re.fullmatch(r"[A-Z`].*\.", entry)] == []


def test_every_make_target_is_told_to_contributors() -> None:
    """A target that `make` lists is in CONTRIBUTING."""
    targets = re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    told = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")

    assert [target for target in targets if f"`make {target}" not in told] == []
