"""Commands and replies are counted, so that nobody asks for too much and we do not say too much."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "asked",
        sa.Column("scope", sa.String(length=16), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("whose", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.String(length=8), nullable=False),
        sa.PrimaryKeyConstraint("scope", "key", name=op.f("pk_asked")),
    )
    op.create_index("ix_asked_whose", "asked", ["scope", "whose", "at"])
    op.create_index("ix_asked_at", "asked", ["at"])
    op.create_table(
        "said",
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("repo_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("run", sa.String(length=16), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("last", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name=op.f("fk_said_run")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_said")),
    )
    op.create_index("ix_said_here", "said", ["repo_id", "number", "at"])
    op.create_index("ix_said_run", "said", ["run"])
