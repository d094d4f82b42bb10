"""A question that a list to choose from asks while somebody types, and its answer: as they travel."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

PATIENCE_S = 2.2  # Slack waits for three seconds


@dataclass(frozen=True)
class Enquiry:
    """What this member may choose from: repositories, or pull requests of the one that is named.

    With `dry` they want to see a plan only.
    """

    team: str
    user: str
    repository: str | None
    query: str
    dry: bool = False

    def written(self) -> bytes:
        return json.dumps(asdict(self)).encode()

    @staticmethod
    def read(body: bytes) -> Enquiry:
        return Enquiry(**json.loads(body))


Pairs = list[tuple[str, str]]  # value and label


def written(pairs: Pairs) -> bytes:
    return json.dumps(pairs).encode()


def read(body: bytes | None) -> Pairs:
    """What could not be asked is nothing to choose from."""
    return [(value, label) for value, label in json.loads(body)] if body else []
