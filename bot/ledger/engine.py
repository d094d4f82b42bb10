"""Opening the ledger: SQLite in WAL mode or Postgres, brought up to date by alembic."""

from __future__ import annotations

import random
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, InterfaceError, OperationalError

from bot.errors import Hiccup, UserError

LEDGER_AWAY = (OperationalError, InterfaceError)  # the database, and not what it was asked
_BUSY_TIMEOUT_S = 20
_LOOK_S = (0.0005, 0.004)
_PATIENCE_S = 5.0  # twice within a lease: whoever cannot renew it must still stop in time


def open_engine(url: str) -> Engine:
    """An engine for `sqlite:///path` or `postgresql+psycopg://…`; UserError when the URL cannot be read."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise UserError(
            "DEVOPS_AGENT_LEDGER_URL is not a database URL. "
            "Use sqlite:////absolute/path.db or postgresql+psycopg://user:password@host/name."
        ) from error
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed.database, url)
    if parsed.get_backend_name() == "postgresql":
        driven = parsed.set(drivername="postgresql+psycopg")
        return create_engine(driven, pool_pre_ping=True, pool_size=10, hide_parameters=True)
    raise UserError("The ledger lives in SQLite or Postgres; DEVOPS_AGENT_LEDGER_URL names something else.")


def _sqlite(path: str | None, url: str) -> Engine:
    if not path or path == ":memory:":
        raise UserError("Three processes share the ledger, so it needs a file: sqlite:////absolute/path.db.")
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    arguments = {"timeout": _BUSY_TIMEOUT_S, "check_same_thread": False}
    engine = create_engine(url, connect_args=arguments, hide_parameters=True)  # codes are among them

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we begin transactions ourselves, below
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")  # a stored delivery survives a power cut
        connection.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A read transaction that later writes would fail with "database is locked" at once, whatever the
        # timeout; one that says so from the start waits its turn.
        if not connection.get_execution_options().get("ledger_write"):
            connection.exec_driver_sql("BEGIN")
        elif not _began_soon(connection.connection.driver_connection):
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _began_soon(connection: Any) -> bool:
    """Whether it is our turn to write. SQLite itself waits up to 100 ms between two looks, longer each time,
    so that whoever has waited for long loses against whoever has just come; we look every few."""
    until = time.monotonic() + _BUSY_TIMEOUT_S
    connection.execute("PRAGMA busy_timeout=0")
    try:
        while time.monotonic() < until:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    return False  # asked once more, it is told as every error is
                time.sleep(random.uniform(*_LOOK_S))  # noqa: S311 - so that two do not look in step
            else:
                return True
    finally:
        connection.execute(f"PRAGMA busy_timeout={_BUSY_TIMEOUT_S * 1000}")
    return False


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One write transaction: all of it or nothing."""
    with _connect(engine).execution_options(ledger_write=True) as connection, connection.begin():
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One consistent view."""
    with _connect(engine) as connection, connection.begin():
        yield connection


def _connect(engine: Engine) -> Connection:
    """A database that is restarted is away for a moment: nothing has been done yet, so it is waited for."""
    until = time.monotonic() + _PATIENCE_S
    while True:
        try:
            return engine.connect()
        except OperationalError:
            if time.monotonic() >= until:
                raise
        time.sleep(0.1)


_UPGRADING = threading.Lock()  # alembic keeps what it is at in one place for all threads


def upgrade(engine: Engine, *, to: str = "head") -> None:
    """Bring the tables to the newest shape, or to that of a revision. Safe when several start at once.

    UserError when a newer version of ours was here before: there is no way back but a backup.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    try:
        with _UPGRADING, writing(engine) as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql("SELECT pg_advisory_xact_lock(721190514)")
            config.attributes["connection"] = connection
            command.upgrade(config, to)
    except CommandError as error:
        raise UserError(
            "The ledger was brought up to date by a newer devops-agent, which this one cannot read. "
            "Start that version again, or restore the backup from before the update."
        ) from error
    except OperationalError as error:
        raise Hiccup(
            f"The ledger at {engine.url.render_as_string(hide_password=True)} does not answer: "
            f"{str(error.orig).splitlines()[0]}. Start the database or correct DEVOPS_AGENT_LEDGER_URL."
        ) from error
