"""What a patch wants installed that was not wanted before: the names, for whoever reviews it to look at.

Names that look alike and names that a model has made up are how foreign code comes in. It reads lines and not
whole files, so it knows the common ways to write a dependency and no others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_PYTHON = r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]+)(?:\[[^\]]*\])?"
_KINDS = (
    (r"(?:.*requirements.*|constraints.*)\.(?:txt|in)", rf"\s*{_PYTHON}\s*(?:[=<>!~;@#].*)?"),
    (r"pyproject\.toml", rf"\s*[\"']{_PYTHON}\s*(?:[=<>!~;@][^\"']*)?[\"']\s*,?\s*(?:#.*)?"),
    (
        r"package\.json",
        r'\s*"(?P<name>(?!version"|node"|npm")(?:@[\w.-]+/)?[\w.-]+)"\s*:\s*'
        r'"(?:[\^~<>=v]*\s*\d|\*|latest|next|workspace:|npm:|git|file:|https?:)[^"]*"\s*,?\s*',
    ),
    (r"go\.mod", r"\s*(?:require\s+)?(?P<name>[\w-]+(?:\.[\w-]+)+/\S+)\s+v\d\S*.*"),
    (
        r"Cargo\.toml",
        r"\s*(?P<name>(?!version\b|edition\b|rust-version\b)[A-Za-z0-9_-]+)\s*=\s*"
        r'(?:"[\^~<>=*\s]*[\d*][^"]*"|\{.*\b(?:version|git|path)\b.*\})\s*(?:#.*)?',
    ),
    (r"Gemfile", r"""\s*gem[\s(]+["'](?P<name>[\w.-]+)["'].*"""),
)
_MANIFESTS = tuple((re.compile(name, re.IGNORECASE), re.compile(line)) for name, line in _KINDS)
_HUNK = re.compile(rb"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")


def new_dependencies(patch: bytes) -> dict[str, tuple[str, ...]]:
    """By file, in the order of the patch. A name that only got another version is not new."""
    before: dict[str, set[str]] = {}
    after: dict[str, dict[str, None]] = {}
    for path, sign, text in _changed_lines(patch):
        name = _named(path, text)
        if name and sign == "+":
            after.setdefault(path, {})[name] = None
        elif name:
            before.setdefault(path, set()).add(name.lower())
    found = {
        path: tuple(name for name in names if name.lower() not in before.get(path, ()))
        for path, names in after.items()
    }
    return {path: names for path, names in found.items() if names}


def _named(path: str, line: str) -> str:
    """What this line of this file wants installed, or ""."""
    file = path.rpartition("/")[2]
    for manifest, dependency in _MANIFESTS:
        if manifest.fullmatch(file) and (found := dependency.fullmatch(line)):
            return found["name"]
    return ""


def _changed_lines(patch: bytes) -> Iterator[tuple[str, str, str]]:
    """(path, "+" or "-", text) of every line that a hunk adds or removes."""
    path, old, new = "", 0, 0
    for line in patch.split(b"\n"):
        sign = line[:1]
        if (old > 0 or new > 0) and sign in (b"+", b"-", b" ", b""):
            old -= sign != b"+"
            new -= sign != b"-"
            if sign in (b"+", b"-"):
                yield path, sign.decode(), line[1:].rstrip(b"\r").decode("utf-8", "replace")
        elif hunk := _HUNK.match(line):
            old, new = int(hunk[1] or b"1"), int(hunk[2] or b"1")
        elif line.startswith(b"+++ b/"):
            path = line[6:].rstrip(b"\t").decode("utf-8", "surrogateescape")
