"""Commands of the last while, by person and by repository: several desks count them together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, delete, insert, select

from bot.ledger.dialect import one_after_another
from bot.ledger.engine import reading, writing
from bot.ledger.schema import asked
from bot.restraint import Restraint, Scope, Welcome, welcome

KEPT = timedelta(days=1)  # longer than a window, and than a delivery that is handled again
AHEAD = timedelta(minutes=2)  # a row farther ahead was written by a clock that has been set back since


@dataclass(frozen=True)
class Counted:
    """One command, and whose it is: `key` is the same for every delivery of the same happening."""

    key: str
    scope: Scope
    whose: int  # the id of the person or the repository

    def most(self, restraint: Restraint) -> int:
        person = self.scope is Scope.PERSON
        return restraint.person_commands if person else restraint.repository_commands


class AskedBefore:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def welcome(self, command: Counted, restraint: Restraint, now: datetime) -> Welcome:
        """What becomes of it; the same again when it is handled again."""
        mine = (asked.c.scope == command.scope, asked.c.whose == command.whose)
        recent = (asked.c.at > now - restraint.window, asked.c.at < now + AHEAD)
        with writing(self._engine) as connection:
            one_after_another(connection, f"asked:{command.scope}:{command.whose}")
            same = select(asked.c.outcome).where(asked.c.scope == command.scope, asked.c.key == command.key)
            decided = connection.execute(same).scalar_one_or_none()
            if decided is not None:
                return Welcome(decided)
            rows = connection.execute(select(asked.c.outcome).where(*mine, *recent)).all()
            outcome = welcome([Welcome(row.outcome) for row in rows], command.most(restraint))
            connection.execute(
                insert(asked).values(
                    key=command.key, scope=command.scope, whose=command.whose, at=now, outcome=outcome
                )
            )
            return outcome

    def outcomes(self, scope: Scope, whose: int) -> list[Welcome]:
        """What became of each, oldest first: for tests."""
        statement = select(asked.c.outcome).where(asked.c.scope == scope, asked.c.whose == whose)
        with reading(self._engine) as connection:
            return [Welcome(row.outcome) for row in connection.execute(statement.order_by(asked.c.at))]

    def forget_old(self, now: datetime) -> None:
        """What no window looks back at any more."""
        with writing(self._engine) as connection:
            connection.execute(delete(asked).where(asked.c.at <= now - KEPT))
