"""A run may have several attempts; environments are held; GitHub's limits are counted."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    _runs_and_steps()
    _attempts()
    _locks()
    _what_github_knows()


def _runs_and_steps() -> None:
    for column in (
        sa.Column("cancel_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("attempt", sa.Integer(), server_default="1", nullable=False),
        sa.Column("attempt_key", sa.String(length=160), server_default="", nullable=False),
        sa.Column("losses", sa.Integer(), server_default="0", nullable=False),
        sa.Column("environment", sa.String(length=64), server_default="", nullable=False),
        sa.Column("waits", sa.String(length=160), server_default="", nullable=False),
        sa.Column("supersede", sa.String(length=8), server_default="finish", nullable=False),
        sa.Column("verify_at", sa.BigInteger(), server_default="0", nullable=False),
    ):
        op.add_column("runs", column)
    op.create_index("ix_runs_history", "runs", ["repo_id", "digest", "ended_at"])
    op.create_index("ix_runs_starts", "runs", ["repo_id", "started_at"])
    op.add_column("steps", sa.Column("attempt", sa.Integer(), server_default="1", nullable=False))
    op.add_column("steps", sa.Column("first_seq", sa.Integer(), server_default="0", nullable=False))


def _attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column("run", sa.String(length=16), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("attempt_key", sa.String(length=160), nullable=False),
        sa.Column("requester_id", sa.BigInteger(), nullable=False),
        sa.Column("requester_login", sa.String(length=128), nullable=False),
        sa.Column("sha", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.Column("steps", sa.JSON(), nullable=False),
        sa.Column("queued_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name=op.f("fk_attempts_run")),
        sa.PrimaryKeyConstraint("run", "attempt", name=op.f("pk_attempts")),
    )
    with op.batch_alter_table("changes") as changes:
        changes.add_column(sa.Column("attempt", sa.Integer(), server_default="1", nullable=False))
        changes.drop_constraint("pk_changes", type_="primary")
        changes.create_primary_key("pk_changes", ["run", "attempt"])


def _locks() -> None:
    op.create_table(
        "locks",
        sa.Column("repo_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("held", sa.Text(), nullable=False),
        sa.Column("taken_at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("repo_id", "name", name=op.f("pk_locks")),
    )


def _what_github_knows() -> None:
    op.add_column("surfaces", sa.Column("refused_since", sa.BigInteger(), nullable=True))
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "spent",
        sa.Column("id", number, autoincrement=True, nullable=False),
        sa.Column("installation", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("writes", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spent")),
    )
    op.create_index("ix_spent_at", "spent", ["installation", "at"])
    op.create_table(
        "redeliveries",
        sa.Column("guid", sa.String(length=128), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("guid", name=op.f("pk_redeliveries")),
    )
