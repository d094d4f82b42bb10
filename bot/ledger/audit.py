"""Who was allowed or refused what, and why: append-only, each row chained to the one before."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Connection, Engine, RowMapping, insert, select, type_coerce, update

from bot.ledger.chain import Broken, Head, Link, canonical, follow, hash_of, head_of
from bot.ledger.engine import reading, writing
from bot.ledger.schema import EPOCH, audit, meta

_HEAD = "audit_head"
_AT_ONCE = 1_000  # rows that are read together: a trail may be longer than memory


@dataclass(frozen=True)
class AuditLine:
    at: datetime
    actor: str
    actor_id: int
    place: str
    number: int
    what: str  # the verb, or what was pressed
    verdict: str  # allowed, refused, needs approval, or budget_exhausted
    reason: str
    run: str | None = None
    rule: str = ""  # which rule decided
    digest: str = ""  # of the plan that it was about
    details: Mapping[str, str] = field(default_factory=dict)


_FIELDS = tuple(each.name for each in fields(AuditLine))
# As it is stored: a value that no longer is a time must not keep us from saying so.
_STORED = [type_coerce(audit.c.at, BigInteger) if name == "at" else audit.c[name] for name in _FIELDS]


class Audit:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def write(self, line: AuditLine) -> None:
        with writing(self._engine) as connection:
            append(connection, line)

    def lines(self) -> tuple[AuditLine, ...]:
        """All of it, oldest first."""
        wanted = [audit.c[name] for name in _FIELDS]
        with reading(self._engine) as connection:
            rows = connection.execute(select(*wanted).order_by(audit.c.id)).all()
        return tuple(AuditLine(**{**row._mapping, "details": json.loads(row.details)}) for row in rows)

    def links(self, since: datetime | None = None) -> Iterator[Link]:
        """The rows from `since` on with their hashes, oldest first, some at a time."""
        with reading(self._engine) as connection:
            yield from _links(connection, since)

    def verify(self) -> Head | Broken:
        """Whether each row is what was written, follows the one before, and the last one is the last."""
        with reading(self._engine) as connection:
            if (
                connection.dialect.name == "postgresql"
            ):  # head and rows of one moment, also for two statements
                connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            head = connection.execute(select(meta.c.value).where(meta.c.id == _HEAD)).scalar_one_or_none()
            return follow(_links(connection), head)


def append(connection: Connection, line: AuditLine) -> None:
    """The next row, inside the caller's transaction: whoever appends next waits for its end.

    Without the head nothing is appended, and so nothing is decided: a verdict is not given without its trail.
    """
    statement = select(meta.c.value).where(meta.c.id == _HEAD).with_for_update()
    head = head_of(connection.execute(statement).scalar_one())
    values: dict[str, Any] = {name: getattr(line, name) for name in _FIELDS}
    values["details"] = canonical(line.details)
    told = {**values, "at": line.at.astimezone(EPOCH.tzinfo).isoformat(timespec="microseconds")}
    hash_ = hash_of({**told, "details": dict(line.details), "previous": head.hash})
    connection.execute(insert(audit).values(**values, previous=head.hash, hash=hash_))
    connection.execute(
        update(meta).where(meta.c.id == _HEAD).values(value=Head(head.count + 1, hash_).written())
    )


def _links(connection: Connection, since: datetime | None = None) -> Iterator[Link]:
    statement = select(audit.c.id, *_STORED, audit.c.previous, audit.c.hash).order_by(audit.c.id)
    if since is not None:
        statement = statement.where(audit.c.at >= since)
    for row in connection.execute(statement, execution_options={"yield_per": _AT_ONCE}):
        yield Link(row.id, _content(row._mapping), row.hash)


def _content(row: RowMapping) -> Mapping[str, object] | None:
    try:
        details = json.loads(row["details"])
        if canonical(details) != row["details"]:
            return None
        at = EPOCH + timedelta(microseconds=row["at"])
    except (TypeError, ValueError, OverflowError):
        return None
    stored = {name: row[name] for name in (*_FIELDS, "previous")}
    return {**stored, "at": at.isoformat(timespec="microseconds"), "details": details}
