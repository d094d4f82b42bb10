"""Slack's signature of a request, right or wrong on purpose."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from playground.slack.answers import Refused

TIMESTAMP, SIGNATURE = "X-Slack-Request-Timestamp", "X-Slack-Signature"


def signed(secret: str, timestamp: str, body: bytes) -> str:
    """The hex digits of the v0 signature."""
    return hmac.new(secret.encode(), b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class Flaws:
    """What is wrong with a request; nothing is, unless told."""

    signature: str | None = None  # the whole header; {valid} in it becomes the right hex digits
    secret: str | None = None  # signed with another one
    age: float = 0.0  # seconds between the signing and the sending
    timestamp: str | None = None  # the whole header
    omit_headers: Sequence[str] = ()

    def headers(self, secret: str, body: bytes) -> dict[str, str]:
        timestamp = str(int(time.time() - self.age)) if self.timestamp is None else self.timestamp
        valid = signed(self.secret or secret, timestamp, body)
        written = "v0={valid}" if self.signature is None else self.signature
        headers = {TIMESTAMP: timestamp, SIGNATURE: written.replace("{valid}", valid)}
        left_out = {name.lower() for name in self.omit_headers}
        return {name: value for name, value in headers.items() if name.lower() not in left_out}


FLAWLESS = Flaws()


def flaws_of(given: Mapping[str, Any]) -> Flaws:
    try:
        return Flaws(**given)
    except TypeError as error:
        raise Refused(f"A request cannot be wrong like this: {error}.") from error
