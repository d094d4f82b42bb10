"""Artifacts, and what reports of tests and scanners told."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("runs", sa.Column("results", sa.JSON(), nullable=False, server_default="{}"))
    op.create_table(
        "artifacts",
        sa.Column("run", sa.String(length=16), sa.ForeignKey("runs.id"), primary_key=True),
        sa.Column("position", sa.Integer(), primary_key=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
    )
