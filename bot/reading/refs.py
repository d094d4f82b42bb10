"""Which repository, issue or pull request words name: `owner/repo#12`, `owner/repo`, or a link to GitHub."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.ids import Repo

_OWNER, _NAME = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})", r"[A-Za-z0-9._-]{1,100}"
_NUMBERED = re.compile(
    rf"(?<![\w/.`-])(?P<owner>{_OWNER})/(?P<name>{_NAME})#(?P<number>[1-9][0-9]{{0,8}})(?!\w)"
)
_FIRST = re.compile(rf"(?P<owner>{_OWNER})/(?P<name>{_NAME})(?=\s|\Z)")
_LAST = re.compile(rf"(?:^|\s)(?:in|on|at|for)\s+(?P<owner>{_OWNER})/(?P<name>{_NAME})\s*\Z")
_PLAIN = re.compile(rf"(?<![\w/.:@~-])(?P<owner>{_OWNER})/(?P<name>{_NAME}?)(?=\.*(?![\w./-]))")
MOST_PLAIN = 5  # of them are looked at: each may be a path, or `and/or`


@dataclass(frozen=True)
class Ref:
    """`number` is 0 for the repository itself. One that is not `sure` may be a path: `pytest tests/unit`."""

    repo: Repo
    number: int = 0
    sure: bool = True


def taken(words: str, *, forge: str) -> tuple[Ref | None, str]:
    """What the words of a command name, and the words without it. `forge` is where GitHub is."""
    for pattern in (_link(forge), _NUMBERED):
        found = pattern.search(words)
        if found:
            return _ref(found), _without(words, found)
    for pattern in (_FIRST, _LAST):
        found = pattern.match(words) if pattern is _FIRST else pattern.search(words)
        if found:
            ref = _ref(found)
            return Ref(ref.repo, 0, sure=False), _without(words, found)
    return None, words


def mentioned(text: str, *, forge: str) -> Ref | None:
    """The first thing that a text names beyond doubt."""
    found = _link(forge).search(text) or _NUMBERED.search(text)
    return None if found is None else _ref(found)


def perhaps(text: str) -> list[Repo]:
    """What a text may name: whatever looks like `owner/repo`, once each."""
    found: dict[str, Repo] = {}
    for each in _PLAIN.finditer(text):
        found.setdefault(each[0].lower(), Repo(each["owner"], each["name"]))
    return list(found.values())[:MOST_PLAIN]


def _link(forge: str) -> re.Pattern[str]:
    """What ends a sentence ends a name, and of a number that is too long no part is taken."""
    return re.compile(
        rf"{re.escape(forge.rstrip('/'))}/(?P<owner>{_OWNER})/(?P<name>{_NAME}?)(?:\.git)?(?=\.*(?![\w.-]))"
        rf"(?:/(?:pull|issues)/(?P<number>[1-9][0-9]{{0,8}})(?!\w))?[^\s>]*"
    )


def _ref(found: re.Match[str]) -> Ref:
    number = found.groupdict().get("number")
    return Ref(Repo(found["owner"], found["name"]), int(number or 0))


def _without(words: str, found: re.Match[str]) -> str:
    before, after = words[: found.start()].rstrip(), words[found.end() :].lstrip(" \t")
    return f"{before} {after}".strip() if before else after
