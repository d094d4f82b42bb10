"""A run's steps as rows: saved as they went, forgotten when they are to be done again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, update

from bot.ids import RunId
from bot.ledger.schema import journal, steps
from bot.runs import Step, StepState

_SAVED = ("state", "note", "started_at", "ended_at", "exit_code", "output_bytes")

# Made once: to put such a statement together takes as long as all that SQLite does with it.
_SAVE = (
    update(steps)
    .where(steps.c.run == bindparam("of"), steps.c.position == bindparam("at"))
    .values({name: bindparam(name) for name in _SAVED})
)


def save_steps(connection: Connection, run: RunId, changed: Sequence[Step]) -> None:
    if changed:
        connection.execute(_SAVE, [{"of": run, "at": each.index, **_values(each)} for each in changed])


def _values(step: Step) -> dict[str, Any]:
    return {name: getattr(step, name) for name in _SAVED}


def forget_steps(connection: Connection, run: RunId, positions: Sequence[int], *, attempt: int) -> None:
    """These steps are as if they had not begun; what the journal has of them up to now is the past's."""
    last = select(func.coalesce(func.max(journal.c.seq), 0)).where(journal.c.run == run)
    connection.execute(
        update(steps)
        .where(steps.c.run == run, steps.c.position.in_(positions))
        .values(
            state=StepState.PENDING,
            note="",
            started_at=None,
            ended_at=None,
            exit_code=None,
            output_bytes=0,
            attempt=attempt,
            first_seq=last.scalar_subquery(),
        )
    )
