"""Who was allowed or refused what, and why: append-only."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from datetime import datetime

from sqlalchemy import Engine, insert, select

from bot.ledger.engine import reading, writing
from bot.ledger.schema import audit


@dataclass(frozen=True)
class AuditLine:
    at: datetime
    actor: str
    actor_id: int
    place: str
    number: int
    what: str  # the verb, or what was pressed
    verdict: str  # allowed or refused
    reason: str
    run: str | None = None


class Audit:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def write(self, line: AuditLine) -> None:
        with writing(self._engine) as connection:
            connection.execute(insert(audit).values(**asdict(line)))

    def lines(self) -> tuple[AuditLine, ...]:
        """All of it, oldest first."""
        wanted = [audit.c[field.name] for field in fields(AuditLine)]
        with reading(self._engine) as connection:
            rows = connection.execute(select(*wanted).order_by(audit.c.id)).all()
        return tuple(AuditLine(*row) for row in rows)
