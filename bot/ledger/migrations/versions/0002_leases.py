"""Runs are held under a lease, and can be cancelled."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("runs", sa.Column("lease_until", sa.BigInteger(), nullable=True))
    op.add_column("runs", sa.Column("cancelled_by", sa.String(length=128), server_default="", nullable=False))
