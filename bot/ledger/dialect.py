"""The one thing that SQLite and Postgres spell alike and SQLAlchemy does not: insert unless it is there."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Table
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
