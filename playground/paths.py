"""Path templates in OpenAPI's writing, and which of them a request's path means."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Generic, TypeVar
from urllib.parse import unquote

T = TypeVar("T")

# These parameters hold slashes in real life (`heads/feature/x`, `src/app.py`, `main...feature/x`).
GREEDY = {"ref", "path", "basehead", "branch"}


def _pattern(template: str) -> re.Pattern[str]:
    def group(match: re.Match[str]) -> str:
        name = match[1]
        return f"(?P<{name}>.*)" if name in GREEDY else f"(?P<{name}>[^/]+)"

    return re.compile(re.sub(r"\{(\w+)\}", group, template))


def _specificity(template: str) -> tuple[int, int]:
    """Templates with fewer greedy holes and more literal text are asked first."""
    names = re.findall(r"\{(\w+)\}", template)
    literal = len(re.sub(r"\{\w+\}", "", template))
    return (sum(name in GREEDY for name in names), -literal)


class PathTable(Generic[T]):
    """Finds the entry whose template matches a method and a raw (still percent-encoded) path."""

    def __init__(self, entries: Iterable[tuple[str, str, T]]) -> None:
        self._tables: dict[tuple[str, str], list[tuple[re.Pattern[str], T]]] = {}
        for method, template, entry in sorted(entries, key=lambda e: _specificity(e[1])):
            bucket = self._tables.setdefault((method, _bucket(template)), [])
            bucket.append((_pattern(template), entry))

    def find(self, method: str, raw_path: str) -> tuple[T, dict[str, str]] | None:
        for pattern, entry in self._tables.get((method, _bucket(raw_path)), ()):
            if match := pattern.fullmatch(raw_path):
                return entry, {name: unquote(value) for name, value in match.groupdict().items()}
        return None


def _bucket(path: str) -> str:
    """The literal that tells most paths apart: `/repos/o/r/<this>`, else the first two segments."""
    parts = path.split("/", 5)
    if parts[1] == "repos":
        return parts[4] if len(parts) > 4 else "/"
    return parts[1]
