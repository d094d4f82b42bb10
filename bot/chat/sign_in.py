"""A sign-in in a browser: begun in the chat, ended in the chat by whoever began it, or it links nobody.

The state in the address is chance, kept as its digest, for one use within ten minutes. A link is not made by
coming back from GitHub, because a stranger's link could be followed by anybody: the browser shows a code, and
only the member of the workspace who began can type it.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

OPEN_FOR = timedelta(minutes=10)
MOST_TRIES = 5
_LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ23456789"
_HALF = 4


class What(StrEnum):
    LINK = "link"  # a member of a workspace with their account on GitHub
    INSTALL = "install"  # us into a workspace


@dataclass(frozen=True)
class SignIn:
    """`team` and `user` are "" for an installation: whoever may install us is Slack's affair."""

    what: What
    team: str
    user: str
    until: datetime


def new_state() -> str:
    return secrets.token_urlsafe(32)


def digest(chance: str) -> str:
    """What is kept of a state or a code."""
    return hashlib.sha256(chance.encode()).hexdigest()


def new_code() -> str:
    """`K7TM-2QXA`: 39 bits, of which five can be tried within ten minutes."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(_HALF)) for _ in range(2))


def as_code(words: str) -> str:
    """The code that somebody typed, however they wrote it; "" when it can be none."""
    letters = "".join(char for char in words.upper() if char.isalnum())
    if len(letters) != 2 * _HALF or not set(letters) <= set(_LETTERS):
        return ""
    return f"{letters[:_HALF]}-{letters[_HALF:]}"
