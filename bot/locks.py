"""Locks that people hold: which names there are, how one is written down, and whom it keeps waiting."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import TypeAdapter, ValidationError

from bot.errors import UserError
from bot.ids import Person

USUAL = timedelta(hours=8)
LONGEST = timedelta(days=7)
MAX_REASON = 300  # characters
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}\Z", re.ASCII)


@dataclass(frozen=True)
class Holder:
    """Who took a lock, in which issue or pull request, and why."""

    person: Person
    number: int
    reason: str


@dataclass(frozen=True)
class Lock:
    """A name that somebody holds in a repository. `held` is None when the row cannot be read: it blocks."""

    repo_id: int
    name: str
    held: Holder | None
    taken_at: datetime
    until: datetime

    def counts(self, now: datetime) -> bool:
        """Whether it is still there: what cannot be read stays until somebody takes it away."""
        return self.held is None or now < self.until

    def blocks(self, person_id: int, now: datetime) -> bool:
        """Whether a run that this person asked for must wait. The holder's own runs pass."""
        return self.counts(now) and (self.held is None or self.held.person.id != person_id)


_HOLDER: TypeAdapter[Holder] = TypeAdapter(Holder)


def lock_name(text: str) -> str:
    """The one spelling of a lock's name. UserError when it cannot be one."""
    name = text.strip().strip("`").lower()
    if not _NAME.match(name):
        raise UserError(
            "The name of a lock or an environment is up to 64 letters, digits, `.`, `_` and `-`, "
            "and begins with a letter or digit, like `production`."
        )
    return name


def written(holder: Holder) -> str:
    """How the ledger keeps a holder."""
    return _HOLDER.dump_json(holder).decode()


def read(text: str) -> Holder | None:
    """The holder, or None when nobody can tell who it is."""
    try:
        return _HOLDER.validate_json(text)
    except ValidationError:
        return None
