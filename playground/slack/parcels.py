"""What is sent to our App, and how one sending of it went."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import orjson

from playground.slack.answers import Json

JSON, FORM = "application/json", "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is to be sent: a kind, what it says, and how that looks in an HTTP request."""

    kind: str  # event, command or interaction
    payload: Json
    content_type: str
    body: bytes


def event_parcel(payload: Json) -> Parcel:
    return Parcel("event", payload, JSON, orjson.dumps(payload))


def command_parcel(fields: Json) -> Parcel:
    return Parcel("command", fields, FORM, urlencode(fields).encode())


def interaction_parcel(payload: Json) -> Parcel:
    return Parcel("interaction", payload, FORM, urlencode({"payload": orjson.dumps(payload)}).encode())


@dataclass(slots=True)
class Delivery:
    """One sending of a parcel, and how it was answered. Status 0: not at all."""

    id: int
    parcel: Parcel
    url: str
    headers: dict[str, str]
    at: float
    retry: int = 0
    reason: str = ""
    over: str = "http"
    status: int = 0
    trouble: str = "pending"  # why there was no answer
    answer_headers: dict[str, str] = field(default_factory=dict)
    answer: str = ""
    seconds: float = 0.0

    @property
    def is_taken(self) -> bool:
        return 200 <= self.status < 300

    @property
    def said(self) -> Any:
        """The answer as JSON where it is JSON, else as text."""
        try:
            return orjson.loads(self.answer)
        except orjson.JSONDecodeError:
            return self.answer


def listing(it: Delivery) -> Json:
    return {
        "id": it.id,
        "kind": it.parcel.kind,
        "type": it.parcel.payload.get("type") or it.parcel.payload.get("command"),
        "event_id": it.parcel.payload.get("event_id"),
        "event": it.parcel.payload.get("event", {}).get("type"),
        "payload": it.parcel.payload,
        "url": it.url,
        "headers": it.headers,
        "retry": it.retry,
        "reason": it.reason,
        "over": it.over,
        "at": it.at,
        "status": it.status,
        "trouble": it.trouble,
        "answer": it.said,
        "seconds": it.seconds,
    }
