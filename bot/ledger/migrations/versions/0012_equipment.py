"""What the boxes of a run have beside its code."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("runs", sa.Column("equipment", sa.JSON(), nullable=False, server_default="{}"))
