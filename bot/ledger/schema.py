"""The tables. Times are microseconds since 1970 in UTC, so that SQLite and Postgres order them alike."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)


class Instant(TypeDecorator[datetime]):
    """A point in time, kept as whole microseconds since 1970."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> int | None:  # noqa: ARG002
        return None if value is None else int(value.timestamp() * 1_000_000)

    def process_result_value(self, value: int | None, dialect: Any) -> datetime | None:  # noqa: ARG002
        return None if value is None else datetime.fromtimestamp(value / 1_000_000, UTC)


metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
    }
)

_Id = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers only INTEGER keys by itself

meta = Table(
    "meta",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    Column("guid", String(128), nullable=False, unique=True),
    Column("content_key", String(64), nullable=False, unique=True),
    Column("event_name", String(64), nullable=False),
    Column("event", LargeBinary, nullable=False),  # bot.events JSON
    Column("received_at", Instant, nullable=False),
    Column("state", String(16), nullable=False, default="new"),  # new, done, failed
    Column("outcome", Text, nullable=False, default=""),
    Column("attempts", Integer, nullable=False, default=0),
    Column("due_at", Instant, nullable=False),
    Index("ix_deliveries_open", "state", "due_at"),
)

runs = Table(
    "runs",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("ask_key", String(128), nullable=False, unique=True),  # one command = one run
    Column("version", Integer, nullable=False, default=1),
    Column("epoch", Integer, nullable=False, default=0),
    Column("state", String(20), nullable=False),
    Column("worker", String(128)),
    Column("seal_key", LargeBinary),  # the claiming worker's public key: clearances are sealed to it
    Column("installation", BigInteger, nullable=False),
    Column("repo_id", BigInteger, nullable=False),
    Column("repo", String(256), nullable=False),
    Column("number", Integer, nullable=False),
    Column("sha", String(40), nullable=False),
    Column("target", JSON, nullable=False),
    Column("requester_id", BigInteger, nullable=False),
    Column("requester_login", String(128), nullable=False),
    Column("request_url", Text, nullable=False),
    Column("plan", Text, nullable=False),  # canonical JSON
    Column("plan_reader", String(16), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("limits", JSON, nullable=False),
    Column("image", String(256), nullable=False, default=""),  # "" is the image that hands are set to
    Column("page_key", String(64), nullable=False),
    Column("queued_at", Instant, nullable=False),
    Column("started_at", Instant),
    Column("ended_at", Instant),
    Column("reason", Text, nullable=False, default=""),
    Column("notes", JSON, nullable=False),
    Column("pull", JSON),
    Column("changed_files", Integer),
    Column("due_at", Instant, nullable=False),  # when the sweeper may remind the queue again
    Column("lease_until", Instant),  # while a worker has it: when it counts as lost unless it is renewed
    Column("cancelled_by", String(128), nullable=False, server_default=""),  # who asked first that it end
    Index("ix_runs_open", "state", "due_at"),
    Index("ix_runs_place", "repo_id", "number", "queued_at"),
    Index("ix_runs_commit", "repo_id", "sha", "queued_at"),
)

steps = Table(
    "steps",
    metadata,
    Column("run", String(16), ForeignKey("runs.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("state", String(20), nullable=False),
    Column("note", Text, nullable=False, default=""),
    Column("started_at", Instant),
    Column("ended_at", Instant),
    Column("exit_code", Integer),
    Column("output_bytes", BigInteger, nullable=False, default=0),
)

journal = Table(
    "journal",
    metadata,
    Column("run", String(16), ForeignKey("runs.id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("kind", String(8), nullable=False),
    Column("step", Integer),
    Column("text", Text, nullable=False),
    Index("ix_journal_step", "run", "step", "seq"),
)

annotation_rows = Table(
    "annotations",
    metadata,
    Column("run", String(16), ForeignKey("runs.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("annotation", JSON, nullable=False),
)

changes = Table(
    "changes",
    metadata,
    Column("run", String(16), ForeignKey("runs.id"), primary_key=True),
    Column("files", LargeBinary, nullable=False),  # zlib over JSON
    Column("patch", LargeBinary, nullable=False),  # zlib
)

surfaces = Table(
    "surfaces",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    Column("key", String(200), nullable=False, unique=True),
    Column("kind", String(16), nullable=False),  # check_run, comment, reply, reaction
    Column("run", String(16), ForeignKey("runs.id")),
    Column("place", JSON, nullable=False),
    Column("number", Integer, nullable=False),
    Column("content", JSON),  # what a reply or reaction says; a run's surfaces are rendered from the run
    Column("remote_id", BigInteger),
    Column("attempted", Boolean, nullable=False, default=False),  # a creation was begun: look before doing it
    Column("shown_version", Integer, nullable=False, default=0),
    Column("shown_hash", String(64), nullable=False, default=""),
    Column("sent_annotations", Integer, nullable=False, default=0),
    Column("updates", Integer, nullable=False, default=0),
    Column("failures", Integer, nullable=False, default=0),
    Column("last_error", Text, nullable=False, default=""),
    Column("due_at", Instant, nullable=False),  # pacing; a final state does not wait for it
    Column("retry_at", Instant, nullable=False),  # after a failure; everything waits for it
    Column("claimed_until", Instant, nullable=False),
    Column("done", Boolean, nullable=False, default=False),
    Index("ix_surfaces_open", "done", "retry_at"),
    Index("ix_surfaces_run", "run"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False),
    Column("actor", String(128), nullable=False),
    Column("actor_id", BigInteger, nullable=False),
    Column("place", String(256), nullable=False),
    Column("number", Integer, nullable=False),
    Column("what", String(64), nullable=False),
    Column("verdict", String(16), nullable=False),  # allowed, refused
    Column("reason", Text, nullable=False),
    Column("run", String(16)),
)
