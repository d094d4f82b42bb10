"""Surfaces: where runs and replies are shown, what was shown last, and when the next look is due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Engine, and_, or_, select, update

from bot.ids import Place, RunId
from bot.ledger.dialect import insert_unless_there
from bot.ledger.engine import reading, writing
from bot.ledger.schema import runs, surfaces
from bot.runs import OPEN

_PLACE: TypeAdapter[Place] = TypeAdapter(Place)
CLAIM = timedelta(seconds=30)  # a surface somebody works on is left alone for this long


class SurfaceKind(StrEnum):
    CHECK_RUN = "check_run"
    COMMENT = "comment"  # the one status comment of a run
    REPLY = "reply"  # an answer that is said once
    REACTION = "reaction"


@dataclass(frozen=True)
class NewSurface:
    """`key` says what is shown where: a second surface with the same key is the same surface."""

    key: str
    kind: SurfaceKind
    place: Place
    number: int
    run: RunId | None = None
    content: dict[str, Any] | None = None


@dataclass(frozen=True)
class Surface:
    id: int
    key: str
    kind: SurfaceKind
    place: Place
    number: int
    run: RunId | None
    content: dict[str, Any]
    remote_id: int | None
    attempted: bool
    shown_version: int
    shown_hash: str
    sent_annotations: int
    updates: int
    failures: int


@dataclass(frozen=True)
class Shown:
    """What a surface shows now, and when the next change may follow."""

    remote_id: int | None
    version: int
    content_hash: str
    sent_annotations: int
    due_at: datetime
    done: bool


class Surfaces:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, surface: NewSurface, now: datetime) -> bool:
        """False when there is one with this key already."""
        with writing(self._engine) as connection:
            return insert_surface(connection, surface, now)

    def claim_due(self, now: datetime, limit: int = 50) -> list[Surface]:
        """Surfaces that do not show the truth and may be changed now, claimed for us. Ended runs first."""
        ended = runs.c.state.not_in(OPEN)
        wanted = or_(
            surfaces.c.run.is_(None),
            and_(runs.c.version > surfaces.c.shown_version, or_(surfaces.c.due_at <= now, ended)),
        )
        statement = (
            select(surfaces)
            .outerjoin(runs, runs.c.id == surfaces.c.run)
            .where(
                surfaces.c.done.is_(False),
                surfaces.c.retry_at <= now,
                surfaces.c.claimed_until <= now,
                wanted,
            )
            .order_by(ended.desc(), surfaces.c.id)
            .limit(limit)
        )
        with reading(self._engine) as connection:
            rows = connection.execute(statement).all()
        if not rows:
            return []
        with writing(self._engine) as connection:
            claimed = connection.execute(
                update(surfaces)
                .where(surfaces.c.id.in_([row.id for row in rows]), surfaces.c.claimed_until <= now)
                .values(claimed_until=now + CLAIM)
                .returning(surfaces.c.id)
            ).all()
        mine = {row.id for row in claimed}
        return [_surface(row) for row in rows if row.id in mine]

    def next_due(self, now: datetime) -> datetime | None:
        """The next moment at which pacing or a retry lets a stale surface be changed."""
        stale = or_(surfaces.c.run.is_(None), runs.c.version > surfaces.c.shown_version)
        statement = (
            select(surfaces.c.due_at, surfaces.c.retry_at, surfaces.c.claimed_until)
            .outerjoin(runs, runs.c.id == surfaces.c.run)
            .where(surfaces.c.done.is_(False), stale)
            .limit(1000)
        )
        with reading(self._engine) as connection:
            moments = [max(row) for row in connection.execute(statement).all()]
        return max(now, min(moments)) if moments else None

    def begin_creation(self, surface: int) -> None:
        """Written before the first attempt: whoever comes after a crash looks before creating."""
        self._set(surface, attempted=True)

    def show(self, surface: Surface, shown: Shown) -> None:
        self._set(
            surface.id,
            remote_id=shown.remote_id,
            shown_version=shown.version,
            shown_hash=shown.content_hash,
            sent_annotations=shown.sent_annotations,
            due_at=shown.due_at,
            done=shown.done,
            updates=surface.updates + 1,
            failures=0,
            last_error="",
            claimed_until=datetime.fromtimestamp(0, tz=shown.due_at.tzinfo),
        )

    def fail(self, surface: Surface, error: str, retry_at: datetime) -> None:
        self._set(
            surface.id,
            failures=surface.failures + 1,
            last_error=error[:500],
            retry_at=retry_at,
            claimed_until=datetime.fromtimestamp(0, tz=retry_at.tzinfo),
        )

    def give_up(self, surface: Surface, error: str) -> None:
        """The place where it was to be shown is gone or closed to us for good."""
        self._set(surface.id, done=True, last_error=error[:500])

    def all(self) -> list[tuple[str, bool, str]]:
        """(key, done, last error) of every surface: for doctors and tests."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(surfaces).order_by(surfaces.c.id)).all()
        return [(row.key, row.done, row.last_error) for row in rows]

    def _set(self, surface: int, **values: object) -> None:
        with writing(self._engine) as connection:
            connection.execute(update(surfaces).where(surfaces.c.id == surface).values(**values))


def insert_surface(connection: Connection, surface: NewSurface, now: datetime) -> bool:
    """Inside the caller's transaction, so that a run is never begun without being shown."""
    values = {
        "key": surface.key,
        "kind": surface.kind,
        "run": surface.run,
        "place": _PLACE.dump_python(surface.place, mode="json"),
        "number": surface.number,
        "content": surface.content or {},
        "due_at": now,
        "retry_at": now,
        "claimed_until": now,
    }
    return insert_unless_there(connection, surfaces, **values) is not None


def _surface(row: Any) -> Surface:
    return Surface(
        id=row.id,
        key=row.key,
        kind=SurfaceKind(row.kind),
        place=_PLACE.validate_python(row.place),
        number=row.number,
        run=None if row.run is None else RunId(row.run),
        content=row.content,
        remote_id=row.remote_id,
        attempted=row.attempted,
        shown_version=row.shown_version,
        shown_hash=row.shown_hash,
        sent_annotations=row.sent_annotations,
        updates=row.updates,
        failures=row.failures,
    )
