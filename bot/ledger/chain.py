"""The chain of the audit trail: what a row's hash covers, and where a chain is broken. Values only."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.reports import phrases

GENESIS = "0" * 64  # what the first row follows


@dataclass(frozen=True)
class Link:
    """A row of the trail as it is told outside: `content` is everything but its id and its hash.

    `content` has the hash of the row before under `previous`, so that whoever has the exported lines can
    follow the chain without us. It is None where the database holds what we never write.
    """

    id: int
    content: Mapping[str, object] | None
    hash: str


@dataclass(frozen=True)
class Head:
    """How many rows the chain has, and the hash of the last one."""

    count: int = 0
    hash: str = GENESIS

    def written(self) -> str:
        return f"{self.count} {self.hash}"


def head_of(written: str) -> Head:
    count, hash_ = written.split(" ")
    return Head(int(count), hash_)


@dataclass(frozen=True)
class Broken:
    """The chain is not whole; `sentence` names the first row that shows it."""

    sentence: str


def canonical(value: Mapping[str, object]) -> str:
    """One spelling for each value: sorted keys, no blanks, ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def hash_of(content: Mapping[str, object]) -> str:
    return hashlib.sha256(canonical(content).encode()).hexdigest()


def follow(links: Iterable[Link], head: str | None) -> Head | Broken:
    """Walk the rows from the first to the last and compare with the head that was written down."""
    count, last, before = 0, GENESIS, "the beginning"
    for link in links:
        here = f"row {link.id}"
        if not link.hash:
            return Broken(f"Row {link.id} has no hash: it was written by hand, or by an older version.")
        if link.content is None or hash_of(link.content) != link.hash:
            return Broken(f"Row {link.id} is not what was written: it was changed or inserted by hand.")
        if link.content["previous"] != last:
            return Broken(
                f"Row {link.id} does not follow {before}: a row was removed, inserted or moved by hand there."
            )
        count, last, before = count + 1, link.hash, here
    found = Head(count, last)
    if head is None:
        return Broken(
            f"The head of the chain is gone; it ends at {before}, and nobody can say that this is all."
        )
    if head != found.written():
        return Broken(
            f"The chain ends at {before} after {phrases.count(count, 'row')}, and its head says otherwise: "
            "rows at the end were removed or added by hand, or the head was changed."
        )
    return found
