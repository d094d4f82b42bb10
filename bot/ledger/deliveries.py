"""Deliveries: stored before they are answered, unique by GUID and by what happened, handled once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, select, update

from bot import events
from bot.deliveries import Delivery
from bot.events import Event, Unreadable
from bot.ledger.dialect import insert_those_not_there
from bot.ledger.engine import reading, writing
from bot.ledger.moments import after, has_come
from bot.ledger.schema import deliveries

HANDLING = timedelta(seconds=25)  # a delivery that was taken and not closed is open again after this
MAX_ATTEMPTS = 6
AGAIN_S = 5.0  # until the second attempt, and twice as long each time: two and a half minutes in all
AT_ONCE = datetime.fromtimestamp(
    0, tz=UTC
)  # by any clock: who stores and who handles may have different ones


class Deliveries:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def store(self, batch: Sequence[Delivery], now: datetime) -> list[int | None]:
        """One transaction for all. The new id of each, or None for one that we have already."""
        rows = [
            {
                "guid": delivery.guid,
                "content_key": delivery.content_key,
                "event_name": delivery.event_name,
                "event": events.to_json(delivery.event),
                "received_at": now,
                "due_at": AT_ONCE,
            }
            for delivery in batch
        ]
        if not rows:
            return []
        with writing(self._engine) as connection:
            new = insert_those_not_there(connection, deliveries, rows, "guid", "content_key", "id")
        ids = {(row.guid, row.content_key): int(row.id) for row in new}
        return [ids.pop((delivery.guid, delivery.content_key), None) for delivery in batch]

    def known(self, guids: Sequence[str]) -> set[str]:
        """Those of them that were stored."""
        statement = select(deliveries.c.guid).where(deliveries.c.guid.in_(guids))
        with reading(self._engine) as connection:
            return {str(row.guid) for row in connection.execute(statement)}

    def open(self, delivery: int) -> Event | Unreadable | None:
        """The event of a delivery that is not handled yet. It is nobody's by that."""
        statement = select(deliveries.c.event).where(deliveries.c.id == delivery, deliveries.c.state == "new")
        with reading(self._engine) as connection:
            row = connection.execute(statement).first()
        return None if row is None else events.from_json(row.event)

    def untried_before(self, delivery: int, limit: int = 100) -> list[tuple[int, Event | Unreadable]]:
        """The last ones that were stored before it and that nobody has taken yet, the oldest first."""
        statement = (
            select(deliveries.c.id, deliveries.c.event)
            .where(deliveries.c.state == "new", deliveries.c.attempts == 0, deliveries.c.id < delivery)
            .order_by(deliveries.c.id.desc())
            .limit(limit)
        )
        with reading(self._engine) as connection:
            rows = connection.execute(statement).all()
        return [(int(row.id), events.from_json(row.event)) for row in reversed(rows)]

    def take(self, delivery: int, now: datetime) -> Event | Unreadable | None:
        """The event to handle, or None when it is handled already or somebody is at it."""
        statement = (
            update(deliveries)
            .where(
                deliveries.c.id == delivery, deliveries.c.state == "new", has_come(deliveries.c.due_at, now)
            )
            .values(attempts=deliveries.c.attempts + 1, due_at=now + HANDLING)
            .returning(deliveries.c.event)
        )
        with writing(self._engine) as connection:
            row = connection.execute(statement).first()
        return None if row is None else events.from_json(row.event)

    def close(self, delivery: int, outcome: str) -> None:
        """Handled: `outcome` is one sentence of what came of it."""
        self._set(delivery, state="done", outcome=outcome)

    def postpone(self, delivery: int, outcome: str, now: datetime, *, least_s: float) -> bool:
        """Try again later, each time after a longer while, which is `least_s` at least.

        False when that was the last attempt and the delivery is given up.
        """
        with writing(self._engine) as connection:
            attempts = connection.execute(
                select(deliveries.c.attempts).where(deliveries.c.id == delivery)
            ).scalar_one()
            due_at = after(now, max(least_s, AGAIN_S * 2.0 ** (attempts - 1)))
            state = "failed" if attempts >= MAX_ATTEMPTS else "new"
            connection.execute(
                update(deliveries)
                .where(deliveries.c.id == delivery)
                .values(state=state, outcome=outcome, due_at=due_at)
            )
        return state == "new"

    def put_off(self, delivery: int, due_at: datetime) -> None:
        """Nothing could be tried yet: it is due at that time, and this was no attempt."""
        self._set(delivery, attempts=deliveries.c.attempts - 1, due_at=due_at)

    def due(self, before: datetime, limit: int = 100) -> list[int]:
        """Open deliveries that nobody has taken since `before`."""
        statement = (
            select(deliveries.c.id)
            .where(
                deliveries.c.state == "new",
                has_come(deliveries.c.due_at, before),
                has_come(deliveries.c.received_at, before),
            )
            .order_by(deliveries.c.id)
            .limit(limit)
        )
        with reading(self._engine) as connection:
            return [int(row.id) for row in connection.execute(statement)]

    def outcomes(self) -> list[tuple[str, str, str]]:
        """(event name, state, outcome) of every delivery, oldest first: for doctors and tests."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(deliveries).order_by(deliveries.c.id)).all()
        return [(row.event_name, row.state, row.outcome) for row in rows]

    def _set(self, delivery: int, **values: object) -> None:
        with writing(self._engine) as connection:
            connection.execute(update(deliveries).where(deliveries.c.id == delivery).values(**values))
