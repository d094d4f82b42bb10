"""Where SQLite and Postgres differ and SQLAlchemy does not help: insert unless it is there, and waiting."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Table, func, select
from sqlalchemy.dialects import postgresql, sqlite


def insert_unless_there(connection: Connection, table: Table, **values: Any) -> int | None:
    """The `id` of the new row, or None when a unique column has this value already."""
    if connection.dialect.name == "postgresql":
        return connection.execute(
            postgresql.insert(table).values(**values).on_conflict_do_nothing().returning(table.c.id)
        ).scalar_one_or_none()
    return connection.execute(
        sqlite.insert(table).values(**values).on_conflict_do_nothing().returning(table.c.id)
    ).scalar_one_or_none()


def insert_those_not_there(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], *returning: str
) -> Sequence[Row[Any]]:
    """Many in one statement: these columns of each row that is new. A tenth of the time of one by one."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = (
        dialect.insert(table).on_conflict_do_nothing().returning(*(table.c[name] for name in returning))
    )
    return connection.execute(statement, rows).all()


def one_after_another(connection: Connection, what: str) -> None:
    """Whoever counts the same waits for the other's end. SQLite's writers wait for each other anyway."""
    if connection.dialect.name == "postgresql":
        number = int.from_bytes(hashlib.sha256(what.encode()).digest()[:8], signed=True)
        connection.execute(select(func.pg_advisory_xact_lock(number)))
