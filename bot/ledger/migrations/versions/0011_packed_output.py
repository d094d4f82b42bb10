"""Long output is kept compressed; what was kept before stays readable as it is."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("journal", sa.Column("packed", sa.LargeBinary(), nullable=True))
