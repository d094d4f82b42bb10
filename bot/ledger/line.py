"""The line of waiting runs as people are told of it: why each one waits, where, and what it may expect."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine, bindparam, select, update

from bot.admission import Standing, Wait, Why, waits
from bot.forecast import Outlook, outlook
from bot.ledger.engine import reading, writing
from bot.ledger.schema import runs
from bot.ledger.standing import read_standing, took
from bot.reports.waiting import label
from bot.runs import Run, RunState


class Line:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def outlook(self, run: Run, now: datetime) -> Outlook | None:
        """What a waiting run may expect; None when it does not wait any more."""
        with reading(self._engine) as connection:
            standing = read_standing(connection, now)
            wait = waits(standing).get(run.id)
            if wait is None:
                return None
            return outlook(
                wait,
                same_plan=took(connection, run.target.place.repo_id, run.plan.digest),
                same_repository=took(connection, run.target.place.repo_id),
                side_by_side=_side_by_side(run, wait, standing),
            )

    def note(self, now: datetime) -> int:
        """Remember what each waiting run waits for. How many changed: whoever shows them must look again."""
        with reading(self._engine) as connection:
            found = waits(read_standing(connection, now))
            statement = select(runs.c.id, runs.c.waits).where(runs.c.state == RunState.QUEUED)
            told = {row.id: row.waits for row in connection.execute(statement).all()}
        changed = [
            {"changed": run, "label": label(wait)}
            for run, wait in found.items()
            if told.get(run) != label(wait)
        ]
        if changed:
            change = (
                update(runs)
                .where(runs.c.id == bindparam("changed"), runs.c.state == RunState.QUEUED)
                .values(waits=bindparam("label"), version=runs.c.version + 1)
            )
            with writing(self._engine) as connection:
                connection.execute(change, changed)
        return len(changed)


def _side_by_side(run: Run, wait: Wait, standing: Standing) -> int:
    """How many runs of the line that it waits in go at once."""
    match wait.why:
        case Why.REPOSITORY:
            return run.limits.repository_runs
        case Why.INSTALLATION:
            return run.limits.installation_runs
        case _:
            return len(standing.busy)
