"""Redeliveries: which missed deliveries we asked GitHub for again, when, and how often."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Engine, delete, select, update

from bot.ledger.dialect import insert_those_not_there
from bot.ledger.engine import writing
from bot.ledger.schema import redeliveries

_PROBE = "probe"  # no GUID is called that


class Redeliveries:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def claim(self, guid: str, now: datetime, pauses: Sequence[timedelta]) -> bool:
        """Whether it is ours to ask for this now: nobody else does, not too soon, and not too often."""
        row = {"guid": guid, "asked_at": now, "times": 1}
        with writing(self._engine) as connection:
            if insert_those_not_there(connection, redeliveries, [row], "guid"):
                return True
            asked = connection.execute(
                select(redeliveries).where(redeliveries.c.guid == guid).with_for_update()
            ).one()
            if asked.times > len(pauses) or now < asked.asked_at + pauses[asked.times - 1]:
                return False
            connection.execute(
                update(redeliveries)
                .where(redeliveries.c.guid == guid)
                .values(asked_at=now, times=redeliveries.c.times + 1)
            )
        return True

    def claim_probe(self, now: datetime, pause: timedelta) -> bool:
        """Whether it is ours to ask for any one of them, to see whether somebody answers."""
        row = {"guid": _PROBE, "asked_at": now, "times": 1}
        with writing(self._engine) as connection:
            if insert_those_not_there(connection, redeliveries, [row], "guid"):
                return True
            claimed = connection.execute(
                update(redeliveries)
                .where(redeliveries.c.guid == _PROBE, redeliveries.c.asked_at <= now - pause)
                .values(asked_at=now, times=redeliveries.c.times + 1)
            )
        return claimed.rowcount == 1

    def forget(self, before: datetime) -> None:
        """What GitHub does not remember either."""
        with writing(self._engine) as connection:
            connection.execute(delete(redeliveries).where(redeliveries.c.asked_at < before))
