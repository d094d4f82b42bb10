"""Plans that were shown, kept for a while so that people can run exactly what they saw."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Engine, Row, delete, select

from bot.ids import PlanId
from bot.ledger.dialect import insert_unless_there
from bot.ledger.engine import reading, writing
from bot.ledger.schema import shown_plans
from bot.planning.model import Made, Planned, ShownPlan
from bot.plans.model import from_data

_MADE: TypeAdapter[Made] = TypeAdapter(Made)


class ShownPlans:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def keep(self, shown: ShownPlan, now: datetime) -> ShownPlan:
        """Write it down, unless one was kept for the same command: then that one is what was shown."""
        made = shown.planned.made
        with writing(self._engine) as connection:
            connection.execute(delete(shown_plans).where(shown_plans.c.until <= now))
            insert_unless_there(
                connection,
                shown_plans,
                id=shown.id,
                key=shown.key,
                repo_id=shown.repo_id,
                number=shown.number,
                plan=shown.planned.plan.canonical_json(),
                plan_reader=shown.planned.plan.reader,
                made=None if made is None else _MADE.dump_python(made, mode="json"),
                until=shown.until,
            )
            kept = _found(connection, shown_plans.c.key == shown.key)
        if kept is None:
            raise AssertionError("A shown plan was written and is not there.")
        return kept

    def get(self, plan: PlanId, now: datetime) -> ShownPlan | None:
        """None when it is unknown, or its time is over."""
        with reading(self._engine) as connection:
            return _found(connection, (shown_plans.c.id == plan) & (shown_plans.c.until > now))

    def of_command(self, key: str) -> ShownPlan | None:
        """The one that was made for a command."""
        with reading(self._engine) as connection:
            return _found(connection, shown_plans.c.key == key)


def _found(connection: Connection, condition: Any) -> ShownPlan | None:
    row = connection.execute(select(shown_plans).where(condition)).first()
    return None if row is None else _shown(row)


def _shown(row: Row[Any]) -> ShownPlan:
    plan = from_data(json.loads(row.plan), reader=row.plan_reader)
    made = None if row.made is None else _MADE.validate_python(row.made)
    return ShownPlan(PlanId(row.id), row.key, row.repo_id, row.number, Planned(plan, made), row.until)
