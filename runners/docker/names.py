"""What our containers and networks are called: by its name one is known as a run's, or as nobody's yet."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass

from bot.ids import RunId

INSTANCE = "io.devops-agent.instance"
ROLE = "io.devops-agent.role"

_CLAIMED = re.compile(r"devops-agent-(?P<run>[0-9a-z]{10})-(?P<epoch>[0-9]+)-[0-9a-f]{12}-.+")

Claim = tuple[RunId, int]  # a run and its epoch


@dataclass(frozen=True)
class Names:
    """Those of one box. `claim` is whose it is; None: it waits for a run."""

    mark: str
    claim: Claim | None

    @classmethod
    def new(cls, claim: Claim | None) -> Names:
        return cls(secrets.token_hex(6), claim)

    @property
    def keeper(self) -> str:
        return f"{self._stem}-keeper"

    def lane(self, number: int) -> str:
        return f"{self._stem}-box-{number}"

    @property
    def network(self) -> str:
        return f"{self._stem}-network"

    @property
    def egress(self) -> str:
        return f"{self._stem}-egress"

    def service(self, name: str) -> str:
        return f"{self._stem}-service-{name}"

    @property
    def _stem(self) -> str:
        whose = "warm" if self.claim is None else f"{self.claim[0]}-{self.claim[1]}"
        return f"devops-agent-{whose}-{self.mark}"


def claim_of(name: str) -> Claim | None:
    """Whose it is; None when it waits for a run, or its name is none of these."""
    told = _CLAIMED.fullmatch(name)
    return None if told is None else (RunId(told["run"]), int(told["epoch"]))
