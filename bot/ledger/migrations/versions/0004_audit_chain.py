"""The audit trail is a chain: each row has the hash of its content and of the row before."""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_EPOCH = datetime.fromtimestamp(0, UTC)
_TOLD = ("at", "actor", "actor_id", "place", "number", "what", "verdict", "reason", "run", "rule", "digest")
_AUDIT = sa.table("audit", *(sa.column(name) for name in ("id", *_TOLD, "previous", "hash")))
_META = sa.table("meta", sa.column("id"), sa.column("value"))
_AT_ONCE = 1_000


def upgrade() -> None:
    for column in (
        sa.Column("rule", sa.String(length=128), server_default="", nullable=False),
        sa.Column("digest", sa.String(length=64), server_default="", nullable=False),
        sa.Column("details", sa.Text(), server_default="{}", nullable=False),
        sa.Column("previous", sa.String(length=64), server_default="", nullable=False),
        sa.Column("hash", sa.String(length=64), server_default="", nullable=False),
    ):
        op.add_column("audit", column)
    count, last = 0, "0" * 64
    for row in _rows():
        told = {name: row[name] for name in _TOLD}
        at = (_EPOCH + timedelta(microseconds=row["at"])).isoformat(timespec="microseconds")
        content = json.dumps(
            {**told, "at": at, "details": {}, "previous": last}, sort_keys=True, separators=(",", ":")
        )
        hash_ = hashlib.sha256(content.encode()).hexdigest()
        chained = sa.update(_AUDIT).where(_AUDIT.c.id == row["id"]).values(previous=last, hash=hash_)
        op.get_bind().execute(chained)
        count, last = count + 1, hash_
    op.get_bind().execute(sa.insert(_META).values(id="audit_head", value=f"{count} {last}"))


def _rows() -> Iterator[dict[str, Any]]:
    """Those that are there already, oldest first, some at a time."""
    after = None
    statement = sa.select(_AUDIT.c.id, *(_AUDIT.c[name] for name in _TOLD)).order_by(_AUDIT.c.id)
    while True:
        some = statement if after is None else statement.where(_AUDIT.c.id > after)
        rows = op.get_bind().execute(some.limit(_AT_ONCE)).mappings().all()
        if not rows:
            return
        yield from map(dict, rows)
        after = rows[-1]["id"]
