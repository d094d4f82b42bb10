"""What is asked over the API, as web takes it down and desk answers it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class RequestState(StrEnum):
    WAITING = "waiting"
    ANSWERED = "answered"
    REFUSED = "refused"  # it was heard, and it did not count; the answer says why


@dataclass(frozen=True)
class ApiRequest:
    """`body` is the digest of what was asked, so that one id never stands for two questions."""

    id: str
    token: str
    body: str
    state: RequestState = RequestState.WAITING
    answer: str = ""  # Markdown
