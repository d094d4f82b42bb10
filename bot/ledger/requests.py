"""Requests to GitHub, counted for an hour: several desks spend from one budget and see one number.

A row is a write, or some reads that were made together (their number is in `points`). A row without points
says that GitHub asked for silence until `at`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, and_, case, delete, func, insert, or_, select, text, update

from bot.ids import InstallationId
from bot.ledger.engine import reading, writing
from bot.ledger.schema import spent
from bot.pace import HOUR, MINUTE, Rates, Spent, read_wait_s, write_wait_s

WRITE_POINTS = 5
_AHEAD = timedelta(minutes=2)  # a row farther ahead was written by a clock that has been set back since


@dataclass(frozen=True)
class Slot:
    """Room for one request after `wait_s`; `id` is None when that was farther away than was accepted."""

    id: int | None
    wait_s: float
    spent: Spent  # before this one


class Requests:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def look(self, installations: Collection[InstallationId], now: datetime) -> dict[InstallationId, Spent]:
        """What each of them has spent."""
        with reading(self._engine) as connection:
            return _spent(connection, installations, now)

    def take_write(
        self, installation: InstallationId, rates: Rates, now: datetime, *, patience_s: float, reads: int = 0
    ) -> Slot:
        """Room for one write within the patience. `reads` were made before and are counted now."""
        with writing(self._engine) as connection:
            found = _found(connection, installation, now)
            if reads:
                _add(connection, installation, now, points=reads)
            wait_s = write_wait_s(found, rates, now)
            taken = None
            if wait_s <= patience_s:
                at = now + timedelta(seconds=wait_s)
                taken = _add(connection, installation, at, points=WRITE_POINTS, writes=True)
            return Slot(taken, wait_s, found)

    def take_read(
        self, installation: InstallationId, rates: Rates, now: datetime, *, patience_s: float, reads: int = 0
    ) -> Slot:
        """The same for one read, which is counted together with `reads`."""
        with writing(self._engine) as connection:
            found = _found(connection, installation, now)
            wait_s = read_wait_s(found, rates, now)
            taken, fits = None, wait_s <= patience_s
            if fits or reads:
                at = now + timedelta(seconds=wait_s) if fits else now
                taken = _add(connection, installation, at, points=reads + fits)
            return Slot(taken if fits else None, wait_s, found)

    def ended(self, slot: int, at: datetime) -> None:
        """The answer came at `at`: the gap to the next write counts from there."""
        with writing(self._engine) as connection:
            connection.execute(update(spent).where(spent.c.id == slot, spent.c.at < at).values(at=at))

    def close(self, installation: InstallationId, until: datetime) -> None:
        """GitHub asked for silence: nobody of us asks anything before that."""
        with writing(self._engine) as connection:
            _add(connection, installation, until, points=0)

    def forget_old(self, now: datetime) -> None:
        """What no limit looks back at any more."""
        old = or_(spent.c.at <= now - HOUR, and_(~spent.c.writes, spent.c.at <= now - MINUTE))
        with writing(self._engine) as connection:
            connection.execute(delete(spent).where(old))


def _found(connection: Connection, installation: InstallationId, now: datetime) -> Spent:
    """SQLite's writers wait for each other anyway; Postgres' wait for those of the same installation."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(721190515, :of)"), {"of": installation % 2**31})
    return _spent(connection, [installation], now)[installation]


def _spent(
    connection: Connection, installations: Collection[InstallationId], now: datetime
) -> dict[InstallationId, Spent]:
    fresh = spent.c.at > now - MINUTE
    closing = spent.c.points == 0
    read = and_(~spent.c.writes, ~closing, fresh)
    statement = (
        select(
            spent.c.installation,
            func.count(case((and_(spent.c.writes, fresh), 1))).label("minute"),
            func.count(case((spent.c.writes, 1))).label("hour"),
            func.max(case((spent.c.writes, spent.c.at))).label("last_write"),
            func.coalesce(func.sum(case((read, spent.c.points))), 0).label("reads"),
            func.max(case((read, spent.c.at))).label("last_read"),
            func.max(case((and_(closing, spent.c.at > now), spent.c.at))).label("closed_until"),
        )
        .where(
            spent.c.installation.in_(list(installations)),
            spent.c.at > now - HOUR,
            or_(closing, spent.c.at < now + _AHEAD),
        )
        .group_by(spent.c.installation)
    )
    rows = {row.installation: row for row in connection.execute(statement)}
    return {
        each: Spent(
            minute=row.minute,
            hour=row.hour,
            last_write=row.last_write,
            reads=int(row.reads),
            last_read=row.last_read,
            closed_until=row.closed_until,
        )
        if (row := rows.get(each)) is not None
        else Spent()
        for each in installations
    }


def _add(
    connection: Connection,
    installation: InstallationId,
    at: datetime,
    *,
    points: int,
    writes: bool = False,
) -> int:
    row = insert(spent).values(installation=installation, at=at, points=points, writes=writes)
    return int(connection.execute(row.returning(spent.c.id)).scalar_one())
