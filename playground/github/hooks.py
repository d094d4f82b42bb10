"""Webhooks: signing, delivering, the delivery log. Never retries by itself, as GitHub never does."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx
import orjson

from playground.github.answers import Json
from playground.github.state import now

TIMEOUT = 10.0  # seconds that GitHub waits for an answer
PATIENCE = 2.0  # seconds a delivery waits for the one before it, so that order is usual but not promised


@dataclass(slots=True)
class Delivery:
    id: int
    guid: str
    event: str
    action: str | None
    installation_id: int | None
    repository_id: int | None
    payload: bytes
    url: str
    redelivery: bool
    headers: dict[str, str]
    created_at: datetime
    delivered_at: datetime | None = None
    duration: float = 0.0
    status: str = "pending"
    status_code: int = 0
    response_headers: dict[str, str] = field(default_factory=dict)
    response_body: str = ""


@dataclass(slots=True)
class Disturbance:
    """What may happen to the next `times` deliveries."""

    kind: str  # duplicate, delay, reorder or drop
    times: int = 1
    seconds: float = 0.0
    event: str = "*"


class Hooks:
    """One webhook endpoint and everything that was sent to it."""

    def __init__(self, *, url: str | None, secret: str, app_id: int) -> None:
        self.url = url
        self.secret = secret
        self.app_id = app_id
        self.deliveries: list[Delivery] = []
        self.disturbances: list[Disturbance] = []
        self.on_change: Callable[[], None] = lambda: None
        self._held: list[Delivery] = []
        self._late: set[int] = set()  # those that were overtaken: sent when what overtook them has arrived
        self._queue: asyncio.Queue[Delivery] = asyncio.Queue()
        self._flying: set[asyncio.Task[None]] = set()
        self._ids = 7_000_001

    # -- writing down ---------------------------------------------------------------------------

    def send(
        self, event: str, payload: Json, *, installation_id: int | None, repository_id: int | None
    ) -> Delivery | None:
        """Queue one delivery. Without a webhook url there is nobody to tell."""
        if not self.url:
            return None
        delivery = self._written(
            guid=str(uuid.uuid1()),
            event=event,
            body=orjson.dumps(payload),
            about=(payload.get("action"), installation_id, repository_id),
            redelivery=False,
        )
        self._dispatch(delivery)
        return delivery

    def redeliver(self, delivery: Delivery) -> Delivery:
        """The same GUID and the same bytes once more, as a delivery of its own."""
        again = self._written(
            guid=delivery.guid,
            event=delivery.event,
            body=delivery.payload,
            about=(delivery.action, delivery.installation_id, delivery.repository_id),
            redelivery=True,
        )
        self._queue.put_nowait(again)
        return again

    def _written(
        self,
        *,
        guid: str,
        event: str,
        body: bytes,
        about: tuple[Any, int | None, int | None],
        redelivery: bool,
    ) -> Delivery:
        self._ids += 1
        action, installation_id, repository_id = about
        delivery = Delivery(
            id=self._ids,
            guid=guid,
            event=event,
            action=action,
            installation_id=installation_id,
            repository_id=repository_id,
            payload=body,
            url=self.url or "",
            redelivery=redelivery,
            headers=self._headers(guid, event, body),
            created_at=now(),
        )
        self.deliveries.append(delivery)
        return delivery

    def _headers(self, guid: str, event: str, body: bytes) -> dict[str, str]:
        def signed(algorithm: str) -> str:
            return f"{algorithm}={hmac.new(self.secret.encode(), body, algorithm).hexdigest()}"

        return {
            "Accept": "*/*",
            "Content-Type": "application/json",
            "User-Agent": f"GitHub-Hookshot/{hashlib.sha1(guid.encode()).hexdigest()[:7]}",
            "X-GitHub-Delivery": guid,
            "X-GitHub-Event": event,
            "X-GitHub-Hook-ID": str(600_000_000 + self.app_id),
            "X-GitHub-Hook-Installation-Target-ID": str(self.app_id),
            "X-GitHub-Hook-Installation-Target-Type": "integration",
            "X-Hub-Signature": signed("sha1"),
            "X-Hub-Signature-256": signed("sha256"),
        }

    # -- sending --------------------------------------------------------------------------------

    def _dispatch(self, delivery: Delivery) -> None:
        disturbance = self._disturbed(delivery.event)
        match disturbance.kind if disturbance else None:
            case "drop":
                delivery.status = "dropped"
                return
            case "reorder":
                self._held.append(delivery)
                return
            case "delay" if disturbance:
                asyncio.get_running_loop().call_later(disturbance.seconds, self._queue.put_nowait, delivery)
                return
            case "duplicate":
                self._queue.put_nowait(delivery)
        self._queue.put_nowait(delivery)
        for held in reversed(self._held):  # what was held back arrives after what came later, last one first
            self._late.add(held.id)
            self._queue.put_nowait(held)
        self._held.clear()

    def _disturbed(self, event: str) -> Disturbance | None:
        for disturbance in self.disturbances:
            if disturbance.event in {"*", event} and disturbance.times > 0:
                disturbance.times -= 1
                return disturbance
        return None

    async def run(self) -> None:
        """Deliver until cancelled."""
        async with httpx.AsyncClient(timeout=TIMEOUT, trust_env=False) as client:
            while True:
                delivery = await self._queue.get()
                if delivery.id in self._late and self._flying:
                    await asyncio.wait(self._flying)
                self._late.discard(delivery.id)
                task = asyncio.create_task(self._deliver(client, delivery))
                self._flying.add(task)
                task.add_done_callback(self._flying.discard)
                await asyncio.wait({task}, timeout=PATIENCE)
                self._queue.task_done()

    async def _deliver(self, client: httpx.AsyncClient, delivery: Delivery) -> None:
        began = time.perf_counter()
        delivery.delivered_at = now()
        try:
            answer = await client.post(delivery.url, content=delivery.payload, headers=delivery.headers)
        except httpx.TimeoutException:
            delivery.status, delivery.status_code = "timed out", 504
        except httpx.HTTPError as error:
            delivery.status, delivery.status_code = "failed to connect to host", 502
            delivery.response_body = type(error).__name__
        else:
            delivery.status = "OK" if answer.is_success else answer.reason_phrase or "error"
            delivery.status_code = answer.status_code
            delivery.response_headers = dict(answer.headers)
            delivery.response_body = answer.text[:10_000]
        delivery.duration = round(time.perf_counter() - began, 4)
        self.on_change()

    @property
    def idle(self) -> bool:
        """Nothing waits and nothing is on its way."""
        return (
            self._queue.empty()
            and not self._flying
            and not any(d.status == "pending" for d in self.deliveries)
        )

    def forget(self) -> None:
        """Drop the log and everything that has not left yet."""
        while not self._queue.empty():
            self._queue.get_nowait()
        self.deliveries.clear()
        self.disturbances.clear()
        self._held.clear()

    # -- showing --------------------------------------------------------------------------------

    def find(self, delivery_id: int) -> Delivery | None:
        return next((d for d in self.deliveries if d.id == delivery_id), None)


def item(it: Delivery) -> Json:
    """One line of the delivery log."""
    return {
        "id": it.id,
        "guid": it.guid,
        "delivered_at": (it.delivered_at or it.created_at).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "redelivery": it.redelivery,
        "duration": it.duration,
        "status": it.status,
        "status_code": it.status_code,
        "event": it.event,
        "action": it.action,
        "installation_id": it.installation_id,
        "repository_id": it.repository_id,
        "throttled_at": None,
    }


def full(it: Delivery) -> Json:
    """A delivery with what was said and what was answered."""
    return {
        **item(it),
        "url": it.url,
        "request": {"headers": it.headers, "payload": orjson.loads(it.payload)},
        "response": {"headers": it.response_headers, "payload": it.response_body},
    }
