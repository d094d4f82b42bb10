"""An approval keeps the teams in which its person was."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("approvals", sa.Column("teams", sa.JSON(), nullable=True))
