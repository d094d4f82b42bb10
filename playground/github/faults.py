"""Things that go wrong on purpose: a status, a slow answer or a cut connection, a given number of times."""

from __future__ import annotations

import fnmatch
from dataclasses import asdict, dataclass, field
from enum import StrEnum

from playground.github.answers import Json


class Kind(StrEnum):
    STATUS = "status"
    SLOW = "slow"
    RESET_BEFORE = "reset_before"
    RESET_AFTER = "reset_after"
    STATUS_AFTER = "status_after"  # the effect happened, the answer says otherwise


@dataclass(slots=True)
class Fault:
    """What to do to the next `times` requests that match."""

    method: str  # "*" for any
    path: str  # shell pattern over the raw path: "/repos/*/check-runs*"
    kind: Kind
    times: int = 1
    status: int = 502
    seconds: float = 0.0
    message: str = "Server Error"
    headers: dict[str, str] = field(default_factory=dict)

    def matches(self, method: str, path: str) -> bool:
        return (
            self.times > 0 and self.method.upper() in {"*", method} and fnmatch.fnmatchcase(path, self.path)
        )


class Faults:
    """The faults that still wait for their request, in the order they were asked for."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self._waiting.append(fault)

    def clear(self) -> None:
        self._waiting.clear()

    def strike(self, method: str, path: str) -> Fault | None:
        """The fault that this request meets, used up by one."""
        if not self._waiting:
            return None
        for fault in self._waiting:
            if fault.matches(method, path):
                fault.times -= 1
                self._waiting = [f for f in self._waiting if f.times > 0]
                return fault
        return None

    def listing(self) -> list[Json]:
        return [asdict(fault) for fault in self._waiting]
