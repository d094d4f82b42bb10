"""Real payloads: what the playground would have sent for a comment, kept back so that we can send it."""

from __future__ import annotations

from typing import Any

from bot.processes.stage import Stage

Json = dict[str, Any]


def dropped_comment(ready: Stage, text: str, *, on: int) -> Json:
    """Somebody comments, and the webhook gets lost on its way; its payload."""
    ready.driver.disturbs_hooks("drop", event="issue_comment")
    ready.driver.comments(text, on=on)
    lost = [each for each in ready.driver.sees_deliveries() if each["status"] == "dropped"]
    payload: Json = lost[-1]["request"]["payload"]
    return payload
