"""A chat: workspaces, who its members are on GitHub, what channels are about, and how fast we may speak."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column("surfaces", sa.Column("line", sa.String(length=64), nullable=False, server_default=""))
    op.add_column("runs", sa.Column("came", sa.String(length=8), nullable=False, server_default="github"))
    op.create_index("ix_runs_requester", "runs", ["requester_id", "queued_at"])
    op.create_table(
        "workspaces",
        sa.Column("team", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("bot_user", sa.String(length=32), nullable=False),
        sa.Column("bot_id", sa.String(length=32), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=True),
        sa.Column("installed_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("team", name=op.f("pk_workspaces")),
    )
    op.create_table(
        "links",
        sa.Column("team", sa.String(length=32), nullable=False),
        sa.Column("user", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("login", sa.String(length=128), nullable=False),
        sa.Column("linked_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("team", "user", name=op.f("pk_links")),
    )
    op.create_index("ix_links_person", "links", ["person_id"])
    op.create_table(
        "sign_ins",
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("what", sa.String(length=16), nullable=False),
        sa.Column("team", sa.String(length=32), nullable=False),
        sa.Column("user", sa.String(length=32), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.Column("code", sa.String(length=64), server_default="", nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("login", sa.String(length=128), server_default="", nullable=False),
        sa.Column("told", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("state", name=op.f("pk_sign_ins")),
    )
    op.create_index("ix_sign_ins_user", "sign_ins", ["team", "user"])
    op.create_table(
        "bindings",
        sa.Column("team", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("repo_id", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.JSON(), nullable=False),
        sa.Column("announce", sa.String(length=16), nullable=False),
        sa.Column("login", sa.String(length=128), nullable=False),
        sa.Column("bound_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("team", "channel", name=op.f("pk_bindings")),
    )
    op.create_index("ix_bindings_repo", "bindings", ["repo_id"])
    op.create_table(
        "paces",
        sa.Column("id", sa.String(length=96), nullable=False),
        sa.Column("free_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paces")),
    )
