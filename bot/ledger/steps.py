"""A run's steps as rows: saved as they went, forgotten when they are to be done again."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, func, select, update

from bot.ids import RunId
from bot.ledger.schema import journal, steps
from bot.runs import Step, StepState


def save_step(connection: Connection, run: RunId, step: Step) -> None:
    connection.execute(
        update(steps)
        .where(steps.c.run == run, steps.c.position == step.index)
        .values(
            state=step.state,
            note=step.note,
            started_at=step.started_at,
            ended_at=step.ended_at,
            exit_code=step.exit_code,
            output_bytes=step.output_bytes,
        )
    )


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
