"""Reads cases and questions: each file is a theme, and each of them may name one of the repositories."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bot import yaml12
from evals.model import Case, Question

HERE = Path(__file__).parent
USUAL = "shop"


def read_cases() -> tuple[Case, ...]:
    return tuple(Case.model_validate(item) for item in _items("cases"))


def read_questions() -> tuple[Question, ...]:
    return tuple(Question.model_validate(item) for item in _items("questions"))


def _items(folder: str) -> Iterator[dict[str, Any]]:
    """Each with its theme, a repository's files, and its own above them."""
    repositories = _read(HERE / "repositories.yaml")
    for path in sorted((HERE / folder).glob("*.yaml")):
        for item in _read(path):
            said = {key: value for key, value in item.items() if key != "repository"}
            files = {**repositories[item.get("repository", USUAL)], **item.get("files", {})}
            yield {**said, "theme": path.stem, "files": files}


def _read(path: Path) -> Any:
    return yaml12.load(path.read_text(encoding="utf-8")).plain()
