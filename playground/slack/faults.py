"""Answers that go wrong on purpose, a given number of times."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from playground.slack.answers import Json, SlackError, ratelimited

CUT = "cut"


@dataclass(slots=True)
class Fault:
    """What the next `times` calls of a method are answered with."""

    method: str  # "*" for any
    error: str  # one of Slack's, or an HTTP status, or "cut" for no answer at all
    times: int = 1
    retry_after: int = 1
    after: bool = False  # do what is asked all the same
    seconds: float = 0.0  # and let the caller wait so long

    @property
    def status(self) -> int | None:
        return int(self.error) if self.error.isdecimal() else None

    def refusal(self) -> SlackError:
        if self.error == "ratelimited":
            return ratelimited(self.retry_after)
        refused = SlackError(self.error)
        refused.status = self.status or 200
        return refused


class Faults:
    """The faults that still wait for their call, in the order they were asked for."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self._waiting.append(fault)

    def clear(self) -> None:
        self._waiting.clear()

    def strike(self, method: str) -> Fault | None:
        """The fault that this call meets, used up by one."""
        for fault in self._waiting:
            if fault.method in {"*", method}:
                fault.times -= 1
                self._waiting = [each for each in self._waiting if each.times > 0]
                return fault
        return None

    def listing(self) -> list[Json]:
        return [asdict(fault) for fault in self._waiting]
