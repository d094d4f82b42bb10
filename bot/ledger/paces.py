"""When the next post or update may be made in a chat: all desks together keep Slack's limits."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from sqlalchemy import Engine, select, update

from bot.ledger.dialect import insert_unless_there
from bot.ledger.engine import reading, writing
from bot.ledger.moments import believed, has_come
from bot.ledger.schema import paces


class Paces:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def take(self, name: str, gap: timedelta, now: datetime) -> bool:
        """Whether it may be done now; then the next one may after the gap."""
        with writing(self._engine) as connection:
            if insert_unless_there(connection, paces, id=name, free_at=now + gap) is not None:
                return True
            free = connection.execute(
                update(paces)
                .where(paces.c.id == name, has_come(paces.c.free_at, now))
                .values(free_at=now + gap)
                .returning(paces.c.id)
            ).first()
        return free is not None

    def close(self, name: str, until: datetime) -> None:
        """Slack itself asked for silence."""
        with writing(self._engine) as connection:
            if insert_unless_there(connection, paces, id=name, free_at=until) is None:
                connection.execute(
                    update(paces).where(paces.c.id == name, paces.c.free_at < until).values(free_at=until)
                )

    def look(self, names: Collection[str], now: datetime) -> Mapping[str, datetime]:
        """When each of them is free again. What is not in it is free."""
        if not names:
            return {}
        with reading(self._engine) as connection:
            rows = connection.execute(select(paces).where(paces.c.id.in_(sorted(names)))).all()
        moments = {row.id: believed(row.free_at, now) for row in rows}
        return {name: moment for name, moment in moments.items() if moment > now}
