"""Runs keep what the policy said of them, and may be parked behind a gate until people approve them."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("runs", sa.Column("provenance", sa.JSON(), nullable=True))
    op.add_column("runs", sa.Column("judgement", sa.JSON(), nullable=True))
    op.create_table(
        "gates",
        sa.Column("run", sa.String(length=16), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("needs", sa.JSON(), nullable=False),
        sa.Column("bound", sa.JSON(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("remind_at", sa.BigInteger(), nullable=True),
        sa.Column("settled_by", sa.String(length=128), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name=op.f("fk_gates_run")),
        sa.PrimaryKeyConstraint("run", "attempt", name=op.f("pk_gates")),
    )
    op.create_index("ix_gates_until", "gates", ["state", "until"])
    op.create_table(
        "approvals",
        sa.Column("run", sa.String(length=16), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("login", sa.String(length=128), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name=op.f("fk_approvals_run")),
        sa.PrimaryKeyConstraint("run", "attempt", "person_id", name=op.f("pk_approvals")),
    )
