"""The tables. Times are microseconds since 1970 in UTC, so that SQLite and Postgres order them alike."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
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

EPOCH = datetime.fromtimestamp(0, UTC)
_MICROSECOND = timedelta(microseconds=1)


class Instant(TypeDecorator[datetime]):
    """A point in time, kept as whole microseconds since 1970."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> int | None:  # noqa: ARG002
        return None if value is None else (value - EPOCH) // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: Any) -> datetime | None:  # noqa: ARG002
        return None if value is None else EPOCH + value * _MICROSECOND


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
    Column("requester_app", BigInteger),  # the App of a bot
    Column("request_url", Text, nullable=False),
    Column("plan", Text, nullable=False),  # canonical JSON
    Column("plan_reader", String(16), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("limits", JSON, nullable=False),
    Column("image", String(256), nullable=False, default=""),  # "" is the image that hands are set to
    Column("equipment", JSON, nullable=False, server_default="{}"),
    Column("results", JSON, nullable=False, server_default="{}"),  # of the latest attempt that had any
    Column("page_key", String(64), nullable=False),
    Column("queued_at", Instant, nullable=False),
    Column("started_at", Instant),
    Column("ended_at", Instant),
    Column("reason", Text, nullable=False, default=""),
    Column("notes", JSON, nullable=False),
    Column("pull", JSON),
    Column("changed_files", Integer),
    Column("due_at", Instant, nullable=False),  # when the sweeper may remind the queue again
    Column("lease_until", Instant),  # whoever has it is lost after this; put back: nobody takes it before
    Column("cancelled_by", String(128), nullable=False, server_default=""),  # who asked first that it end
    Column("cancel_reason", Text, nullable=False, server_default=""),  # a sentence; "" is "Cancelled by …"
    Column("attempt", Integer, nullable=False, server_default="1"),  # grows with every retry
    Column("attempt_key", String(160), nullable=False, server_default=""),  # the command that asked for it
    Column("losses", Integer, nullable=False, server_default="0"),  # workers that this attempt has lost
    Column("environment", String(64), nullable=False, server_default=""),  # one run at a time holds it
    Column("waits", String(160), nullable=False, server_default=""),  # why and where it was last said to wait
    Column("supersede", String(8), nullable=False, server_default="finish"),  # cancel, finish, never
    Column("verify_at", Instant, nullable=False, server_default="0"),  # when it is held against GitHub again
    Column("came", String(8), nullable=False, server_default="github"),  # bot.policy.Came, of this attempt
    Column("provenance", JSON),  # of each parameter of each step, where a model made the plan
    Column("judgement", JSON),  # what the policy said of each step when this attempt was asked for
    Index("ix_runs_open", "state", "due_at"),
    Index("ix_runs_place", "repo_id", "number", "queued_at"),
    Index("ix_runs_commit", "repo_id", "sha", "queued_at"),
    Index("ix_runs_history", "repo_id", "digest", "ended_at"),
    Index("ix_runs_starts", "repo_id", "started_at"),
    Index("ix_runs_requester", "requester_id", "queued_at"),
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
    Column("attempt", Integer, nullable=False, server_default="1"),  # of the run, in which it last began
    Column("first_seq", Integer, nullable=False, server_default="0"),  # its output stands after this entry
)

attempts = Table(  # those that are over and were followed by another; the current one is in `runs`
    "attempts",
    metadata,
    Column("run", String(16), ForeignKey("runs.id"), primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("attempt_key", String(160), nullable=False),
    Column("requester_id", BigInteger, nullable=False),
    Column("requester_login", String(128), nullable=False),
    Column("sha", String(40), nullable=False),
    Column("state", String(20), nullable=False),
    Column("reason", Text, nullable=False),
    Column("notes", JSON, nullable=False),
    Column("steps", JSON, nullable=False),  # as they were at its end
    Column("queued_at", Instant, nullable=False),
    Column("started_at", Instant),
    Column("ended_at", Instant),
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
    Column("packed", LargeBinary),  # the same when it is long, compressed; then `text` is empty
    Index("ix_journal_step", "run", "step", "seq"),
)

annotation_rows = Table(
    "annotations",
    metadata,
    Column("run", String(16), ForeignKey("runs.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("annotation", JSON, nullable=False),
)

artifacts = Table(
    "artifacts",
    metadata,
    Column("run", String(16), ForeignKey("runs.id"), primary_key=True),
    Column("position", Integer, primary_key=True),  # in the artifacts of its run's results
    Column("content", LargeBinary, nullable=False),  # zlib
)

changes = Table(
    "changes",
    metadata,
    Column("run", String(16), ForeignKey("runs.id"), primary_key=True),
    Column("attempt", Integer, primary_key=True, server_default="1"),
    Column("files", LargeBinary, nullable=False),  # zlib over JSON
    Column("patch", LargeBinary, nullable=False),  # zlib
)

surfaces = Table(
    "surfaces",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    Column("key", String(200), nullable=False, unique=True),
    Column("kind", String(16), nullable=False),  # bot.ledger.surfaces.SurfaceKind
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
    Column("refused_since", Instant),  # GitHub says no, and not "later"; NULL while it does not
    Column("due_at", Instant, nullable=False),  # pacing; a final state does not wait for it
    Column("retry_at", Instant, nullable=False),  # after a failure; everything waits for it
    Column("claimed_until", Instant, nullable=False),
    Column("done", Boolean, nullable=False, default=False),
    Column("line", String(64), nullable=False, server_default=""),  # team:channel; "" is the installation
    Index("ix_surfaces_open", "done", "retry_at"),
    Index("ix_surfaces_run", "run"),
)

audit = Table(  # append-only; how long the chain is and where it ends is in `meta`
    "audit",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False),
    Column("actor", String(128), nullable=False),
    Column("actor_id", BigInteger, nullable=False),
    Column("place", String(256), nullable=False),
    Column("number", Integer, nullable=False),
    Column("what", String(64), nullable=False),
    Column("verdict", String(16), nullable=False),  # allowed, refused, needs approval, budget_exhausted
    Column("reason", Text, nullable=False),
    Column("run", String(16)),
    Column("rule", String(128), nullable=False, server_default=""),
    Column("digest", String(64), nullable=False, server_default=""),
    Column("details", Text, nullable=False, server_default="{}"),  # canonical JSON
    Column("previous", String(64), nullable=False, server_default=""),  # the hash of the row before
    Column("hash", String(64), nullable=False, server_default=""),  # bot/ledger/chain.py
)

gates = Table(  # what a parked attempt of a run waits for
    "gates",
    metadata,
    Column("run", String(16), ForeignKey("runs.id"), primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("state", String(8), nullable=False),
    Column("needs", JSON, nullable=False),
    Column("bound", JSON, nullable=False),  # what an approval is for
    Column("until", Instant, nullable=False),
    Column("remind_at", Instant),  # NULL: reminded already
    Column("settled_by", String(128), nullable=False, server_default=""),
    Index("ix_gates_until", "state", "until"),
)

approvals = Table(
    "approvals",
    metadata,
    Column("run", String(16), ForeignKey("runs.id"), primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("person_id", BigInteger, primary_key=True, autoincrement=False),
    Column("login", String(128), nullable=False),
    Column("role", String(16), nullable=False),  # live, at that moment
    Column("at", Instant, nullable=False),
    Column("teams", JSON),  # those that were needed and in which they were
)

locks = Table(  # what people hold; a run holds the environment of its plan for as long as it is open
    "locks",
    metadata,
    Column("repo_id", BigInteger, primary_key=True, autoincrement=False),
    Column("name", String(64), primary_key=True),
    Column("held", Text, nullable=False),  # JSON: who, where, why
    Column("taken_at", Instant, nullable=False),
    Column("until", Instant, nullable=False),
)

spent = Table(  # requests to GitHub, kept for an hour: what an installation has left is counted from them
    "spent",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    Column("installation", BigInteger, nullable=False),
    Column("at", Instant, nullable=False),
    Column("points", Integer, nullable=False),
    Column("writes", Boolean, nullable=False),
    Index("ix_spent_at", "installation", "at"),
)

redeliveries = Table(  # deliveries that failed and that we asked GitHub for again
    "redeliveries",
    metadata,
    Column("guid", String(128), primary_key=True),
    Column("asked_at", Instant, nullable=False),
    Column("times", Integer, nullable=False),
)

tokens = Table(  # of the API; of the token itself only its SHA-256
    "tokens",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("login", String(128), nullable=False),
    Column("user_id", BigInteger, nullable=False),
    Column("places", JSON, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    Column("revoked_at", Instant),
)

api_requests = Table(  # what was asked over the API, and what was answered
    "api_requests",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("token", String(16), ForeignKey("tokens.id"), nullable=False),
    Column("body", String(64), nullable=False),  # SHA-256 of what was asked
    Column("at", Instant, nullable=False),
    Column("state", String(16), nullable=False),  # bot.api.RequestState
    Column("answer", Text, nullable=False, server_default=""),
    Index("ix_api_requests_at", "at"),
)

model_calls = Table(  # what was asked of a model, for budgets and bills; never the words
    "model_calls",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    Column("key", String(160), nullable=False),  # of the command that needed it
    Column("repo_id", BigInteger, nullable=False),
    Column("repo", String(256), nullable=False),
    Column("user_id", BigInteger, nullable=False),
    Column("at", Instant, nullable=False),
    Column("over_at", Instant, nullable=False),  # unless it is settled by then, whoever made it is gone
    Column("prompt_hash", String(64), nullable=False),
    Column("outcome", String(16), nullable=False),  # reserved, answered, failed
    Column("tokens", BigInteger, nullable=False),  # what counts: reserved before the call, used after it
    Column("micros", BigInteger, nullable=False),  # the same of a dollar's millionths; 0: no price is known
    Column("model", String(128), nullable=False, server_default=""),
    Column("input_tokens", Integer, nullable=False, server_default="0"),
    Column("output_tokens", Integer, nullable=False, server_default="0"),
    Column("cost_usd", Float),  # NULL: nobody knows
    Column("seconds", Float, nullable=False, server_default="0"),
    Index("ix_model_calls_key", "key"),
    Index("ix_model_calls_at", "at"),
)

asked = Table(  # commands, kept for a day: how many more somebody may write is counted from them
    "asked",
    metadata,
    Column("scope", String(16), primary_key=True),  # person, repository
    Column("key", String(160), primary_key=True),  # of the command
    Column("whose", BigInteger, nullable=False),
    Column("at", Instant, nullable=False),
    Column("outcome", String(8), nullable=False),  # followed, refused, dropped
    Index("ix_asked_whose", "scope", "whose", "at"),
    Index("ix_asked_at", "at"),
)

said = Table(  # replies: those of the last hour, and those about a run
    "said",
    metadata,
    Column("key", String(200), primary_key=True),  # of its surface
    Column("repo_id", BigInteger, nullable=False),
    Column("number", Integer, nullable=False),
    Column("run", String(16), ForeignKey("runs.id")),
    Column("at", Instant, nullable=False),
    Column("digest", String(64), nullable=False),  # of the text that was to be said
    Column("last", Boolean, nullable=False),  # it says that we are quiet for now
    Index("ix_said_here", "repo_id", "number", "at"),
    Index("ix_said_run", "run"),
)

shown_plans = Table(  # plans that people can run by their id, exactly as they were shown
    "shown_plans",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("key", String(160), nullable=False, unique=True),  # of the command that asked for it
    Column("repo_id", BigInteger, nullable=False),
    Column("number", Integer, nullable=False),
    Column("plan", Text, nullable=False),  # canonical JSON
    Column("plan_reader", String(16), nullable=False),
    Column("made", JSON),  # how a model made it; NULL: no model was asked
    Column("until", Instant, nullable=False),
)

workspaces = Table(  # of a chat, that have installed us
    "workspaces",
    metadata,
    Column("team", String(32), primary_key=True),
    Column("name", String(256), nullable=False),
    Column("bot_user", String(32), nullable=False),
    Column("bot_id", String(32), nullable=False),
    Column("scopes", Text, nullable=False),  # with commas between
    Column("token", LargeBinary),  # sealed with a key of the environment; NULL: it is in the environment
    Column("installed_at", Instant, nullable=False),
    Column("revoked_at", Instant),
)

links = Table(  # whom members of a workspace have shown to be on GitHub
    "links",
    metadata,
    Column("team", String(32), primary_key=True),
    Column("user", String(32), primary_key=True),
    Column("person_id", BigInteger, nullable=False),
    Column("login", String(128), nullable=False),  # as it was then; rights are asked for by the id
    Column("linked_at", Instant, nullable=False),
    Index("ix_links_person", "person_id"),
)

sign_ins = Table(  # that were begun: of a state and of a code only their SHA-256
    "sign_ins",
    metadata,
    Column("state", String(64), primary_key=True),
    Column("what", String(16), nullable=False),  # link, install
    Column("team", String(32), nullable=False),
    Column("user", String(32), nullable=False),
    Column("until", Instant, nullable=False),
    Column("used_at", Instant),
    Column("code", String(64), nullable=False, server_default=""),  # what has to be typed in the chat
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("person_id", BigInteger),
    Column("login", String(128), nullable=False, server_default=""),
    Column("told", Text, nullable=False, server_default=""),  # what the browser shows, until it has
    Index("ix_sign_ins_user", "team", "user"),
)

bindings = Table(  # the repository that a channel is about
    "bindings",
    metadata,
    Column("team", String(32), primary_key=True),
    Column("channel", String(32), primary_key=True),
    Column("repo_id", BigInteger, nullable=False),
    Column("place", JSON, nullable=False),
    Column("announce", String(16), nullable=False),  # bot.chat.model.Announce
    Column("login", String(128), nullable=False),  # who said so
    Column("bound_at", Instant, nullable=False),
    Index("ix_bindings_repo", "repo_id"),
)

paces = Table(  # when the next of something may be done in a chat, by its name
    "paces",
    metadata,
    Column("id", String(96), primary_key=True),
    Column("free_at", Instant, nullable=False),
)
