"""Tokens of our API: made of chance, told apart from a typing mistake by their end, kept as a digest only."""

from __future__ import annotations

import hashlib
import secrets
import string
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.ids import Person, Place

HEAD = "dva_"
_DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_CHANCE = 30  # characters: 178 bits
_END = 6  # characters that hold a CRC-32 of the rest


@dataclass(frozen=True)
class Token:
    """Who the bearer is, and the repositories in which they are that. What they may there, GitHub says."""

    id: str
    person: Person
    places: Sequence[Place]
    created_at: datetime
    until: datetime
    revoked_at: datetime | None = None

    def counts(self, now: datetime) -> bool:
        return self.revoked_at is None and now < self.until


def new_token() -> str:
    """`dva_` and 36 letters and digits."""
    chance = "".join(secrets.choice(_DIGITS) for _ in range(_CHANCE))
    return f"{HEAD}{chance}{_checksum(chance)}"


def is_token(text: str) -> bool:
    """Whether it can be one at all: what cannot is looked up nowhere."""
    body = text.removeprefix(HEAD)
    whole = text.startswith(HEAD) and len(body) == _CHANCE + _END and set(body) <= set(_DIGITS)
    return whole and body[_CHANCE:] == _checksum(body[:_CHANCE])


def digest(token: str) -> str:
    """What is kept of it. A token is chance enough to need no salt and no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()


def _checksum(text: str) -> str:
    number, found = zlib.crc32(text.encode()), ""
    for _ in range(_END):
        number, rest = divmod(number, len(_DIGITS))
        found = _DIGITS[rest] + found
    return found
