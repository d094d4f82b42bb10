"""Who asked for a run may be the bot of an App."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("runs", sa.Column("requester_app", sa.BigInteger(), nullable=True))
