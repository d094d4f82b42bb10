"""How this Slack answers, and says no: to a program in Slack's error strings, to a person in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]
Answer = tuple[int, dict[str, str], bytes]  # status, headers of its own, body
HTML = "text/html; charset=utf-8"


class SlackError(Exception):
    """`{"ok": false, "error": …}` with what else belongs to it."""

    def __init__(self, error: str, **more: Any) -> None:
        super().__init__(error)
        self.error = error
        self.more = more
        self.status = 200
        self.headers: Mapping[str, str] = {}

    def body(self) -> Json:
        return {"ok": False, "error": self.error, **self.more}


class Refused(Exception):
    """Nobody could do this in Slack."""

    def __init__(self, message: str, status: int = 422) -> None:
        super().__init__(message)
        self.message = message
        self.status = status


def explained(error: str, complaints: list[str]) -> SlackError:
    """An error with the reasons that Slack gives in `response_metadata.messages`."""
    return SlackError(error, response_metadata={"messages": [f"[ERROR] {said}" for said in complaints]})


def ratelimited(seconds: int) -> SlackError:
    refused = SlackError("ratelimited")
    refused.status, refused.headers = 429, {"Retry-After": str(seconds)}
    return refused
