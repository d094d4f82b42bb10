"""Requests to our App that nobody's act in Slack causes: a replay, and the check of an address."""

from __future__ import annotations

from typing import Any

from playground.slack import hearing
from playground.slack.answers import Json
from playground.slack.model import VERIFICATION_TOKEN
from playground.slack.parcels import event_parcel
from playground.slack.signing import flaws_of
from playground.slack.state import SlackWorld


async def replay(world: SlackWorld, *, delivery: int | None = None) -> Json:
    """Somebody who recorded a request sends it again, byte for byte. By default, the last one."""
    return hearing.outcome(await world.sender.again(world.sender.find(delivery)))


async def verify_url(world: SlackWorld, **flaws: Any) -> Json:
    """What Slack asks an address before it sends events there."""
    asked = {"type": "url_verification", "challenge": world.new_id("challenge"), "token": VERIFICATION_TOKEN}
    delivery = await world.sender.ask(event_parcel(asked), flaws_of(flaws))
    return hearing.outcome(delivery, challenge=asked["challenge"])
