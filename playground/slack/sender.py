"""What Slack sends to our App: events again and again until they are taken, everything else once."""

from __future__ import annotations

import asyncio
import itertools
import secrets
import ssl
import time
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

import httpx
import orjson

from playground.slack.answers import Json, Refused
from playground.slack.model import VERIFICATION_TOKEN, Channel
from playground.slack.parcels import Delivery, Parcel, event_parcel
from playground.slack.signing import FLAWLESS, Flaws

if TYPE_CHECKING:
    from playground.slack.state import SlackWorld

WAITS = (0.0, 0.0, 60.0, 300.0)  # seconds before the first sending of an event and before each retry
AGENT = "Slackbot 1.0 (+https://api.slack.com/robots)"
# How Socket Mode calls what is sent.
ENVELOPES = {"event": "events_api", "command": "slash_commands", "interaction": "interactive"}


class Sender:
    """The one address of our App, and everything that was sent there."""

    def __init__(self, world: SlackWorld) -> None:
        self.world = world
        self.base = world.settings.base
        self.ack_seconds = world.settings.ack_seconds
        self.retry_speed = world.settings.retry_speed
        self.deliveries: list[Delivery] = []
        self._ids = itertools.count(1)
        self._flying: set[asyncio.Task[None]] = set()
        self._client: httpx.AsyncClient | None = None

    @property
    def url(self) -> str:
        if self.base is None:
            raise Refused("Nobody listens: this Slack was not told where our App is.")
        return f"{self.base.rstrip('/')}/webhooks/slack"

    @property
    def idle(self) -> bool:
        """Nothing is on its way, and nothing waits for its retry."""
        return not self._flying

    # -- events -----------------------------------------------------------------------------------

    def tell(self, channel: Channel, event: Json) -> None:
        """An event in a channel, to an App that subscribed to it and has somewhere to hear it."""
        name = event["type"]
        if name == "message":
            kind = event["channel_type"]
            name = f"message.{ {'group': 'groups', 'im': 'im'}.get(kind, 'channels') }"
        if name in self.world.events and (self.base is not None or self.world.link.connected):
            self.deliver(channel.team, event, shared=channel.ext_shared)

    def deliver(self, team: str, event: Json, *, shared: bool = False, times: int = 1) -> str:
        """An event whatever our App subscribed to, `times` times at once. Returns its event id."""
        payload = self.wrapped(team, event, shared=shared)
        for _ in range(times):
            self._spawn(self._push(event_parcel(payload)))
        return str(payload["event_id"])

    def wrapped(self, team: str, event: Json, *, shared: bool) -> Json:
        """An event as Events API wraps it, with an id of its own."""
        bot = self.world.bot_of(team)
        authorization = {
            "enterprise_id": None,
            "team_id": team,
            "user_id": bot.id if bot else None,
            "is_bot": True,
            "is_enterprise_install": False,
        }
        return {
            "token": VERIFICATION_TOKEN,
            "team_id": team,
            "context_team_id": team,
            "context_enterprise_id": None,
            "api_app_id": self.world.app.id,
            "event": event,
            "type": "event_callback",
            "event_id": self.world.new_id("Ev"),
            "event_time": int(time.time()),
            "authorizations": [authorization],
            "is_ext_shared_channel": shared,
            "event_context": f"4-{secrets.token_urlsafe(24)}",
        }

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._flying.add(task)
        task.add_done_callback(self._flying.discard)

    async def _push(self, parcel: Parcel) -> None:
        reason = ""
        for retry, wait in enumerate(WAITS):
            await asyncio.sleep(wait / self.retry_speed)
            delivery = self._written(parcel, FLAWLESS)
            if retry:
                delivery.retry, delivery.reason = retry, reason
                delivery.headers |= {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": reason}
            await self._send(delivery)
            if delivery.is_taken or delivery.answer_headers.get("x-slack-no-retry") == "1":
                return
            reason = delivery.trouble or "http_error"

    # -- what is waited for -----------------------------------------------------------------------

    async def ask(self, parcel: Parcel, flaws: Flaws = FLAWLESS) -> Delivery:
        """Send once, and wait as long as Slack does."""
        delivery = self._written(parcel, flaws)
        await self._send(delivery)
        return delivery

    async def again(self, delivery: Delivery) -> Delivery:
        """The same bytes with the same headers once more, as somebody does who recorded them."""
        copy = self._written(delivery.parcel, FLAWLESS)
        copy.url, copy.headers = delivery.url, dict(delivery.headers)
        await self._send(copy)
        return copy

    def _written(self, parcel: Parcel, flaws: Flaws) -> Delivery:
        headers = {"Content-Type": parcel.content_type, "User-Agent": AGENT, "Accept": "application/json,*/*"}
        headers |= flaws.headers(self.world.app.signing_secret, parcel.body)
        address = self.world.link.url if self.world.link.connected else self.url
        delivery = Delivery(next(self._ids), parcel, address, headers, time.time())
        self.deliveries.append(delivery)
        return delivery

    async def _send(self, delivery: Delivery) -> None:
        began = time.perf_counter()
        try:
            async with asyncio.timeout(self.ack_seconds):
                if self.world.link.connected:
                    await self._over_link(delivery)
                else:
                    await self._over_http(delivery)
        except TimeoutError:
            delivery.trouble = "http_timeout"
        except (httpx.HTTPError, ConnectionError) as error:
            delivery.trouble, delivery.answer = "connection_failed", type(error).__name__
        delivery.seconds = round(time.perf_counter() - began, 4)
        self.world.changed()

    async def _over_http(self, delivery: Delivery) -> None:
        client = self._client = self._client or _new_client()
        body = delivery.parcel.body
        answer = await client.post(delivery.url, content=body, headers=delivery.headers)
        delivery.status, delivery.trouble = answer.status_code, ""
        delivery.answer_headers = {name.lower(): value for name, value in answer.headers.items()}
        delivery.answer = answer.text

    async def _over_link(self, delivery: Delivery) -> None:
        delivery.over = "socket"
        parcel = delivery.parcel
        envelope: Json = {"type": ENVELOPES[parcel.kind], "payload": parcel.payload}
        if parcel.kind == "event":
            envelope |= {"retry_attempt": delivery.retry, "retry_reason": delivery.reason}
        payload = await self.world.link.ask({**envelope, "accepts_response_payload": parcel.kind != "event"})
        delivery.status, delivery.trouble = 200, ""
        delivery.answer = "" if payload is None else orjson.dumps(payload).decode()

    # -- living -----------------------------------------------------------------------------------

    async def stop(self) -> None:
        self.forget()
        await asyncio.gather(*self._flying, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    def forget(self) -> None:
        """Drop the log and everything that has not arrived yet; our App stays where it is."""
        for task in self._flying:
            task.cancel()
        self.deliveries.clear()
        self.ack_seconds = self.world.settings.ack_seconds
        self.retry_speed = self.world.settings.retry_speed

    def find(self, delivery: int | None) -> Delivery:
        """A delivery by its number, or the last one."""
        found = [each for each in self.deliveries if delivery in {None, each.id}]
        if not found:
            raise Refused("Nothing like this was sent.", 404)
        return found[-1]


def _new_client() -> httpx.AsyncClient:
    # Loopback has no TLS, and loading the machine's certificates takes longer than a test.
    no_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return httpx.AsyncClient(timeout=None, trust_env=False, verify=no_tls)
