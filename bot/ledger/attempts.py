"""Attempts: an ended run is begun once more, under a new epoch, with its past kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Engine, Row, delete, insert, select, update

from bot.equipment import Equipment
from bot.gates import NewGate
from bot.ids import Login, Person, Sha
from bot.journal import EntryKind
from bot.ledger.engine import reading, writing
from bot.ledger.fence import write_down
from bot.ledger.gates import insert_gate
from bot.ledger.rows import EQUIPMENT, JUDGEMENT, TARGET, read_run
from bot.ledger.schema import annotation_rows, attempts, runs
from bot.ledger.steps import forget_steps
from bot.ledger.surfaces import NewSurface, show_again, show_also
from bot.limits import Limits
from bot.plans.model import Plan
from bot.policy.facts import Came
from bot.policy.verdict import Judgement
from bot.reports import refusals
from bot.runs import OPEN, Attempt, Run, RunState, Step, Target

_PAST: TypeAdapter[list[dict[str, Any]]] = TypeAdapter(list[dict[str, Any]])
_STEP: TypeAdapter[Step] = TypeAdapter(Step)


@dataclass(frozen=True)
class NewAttempt:
    """An ended run is begun once more. `key` names the command: a second attempt of it is refused.

    `run` is the run as whoever decided saw it; `steps` are done again, the others are kept as they ended.
    `state` is QUEUED, PUBLISHING when only the desk has something to do, or PARKED behind `gate`.
    """

    run: Run
    key: str
    requester: Person
    request_url: str
    target: Target
    steps: tuple[int, ...]
    state: RunState
    limits: Limits
    image: str = ""
    equipment: Equipment = field(default_factory=Equipment)
    gate: NewGate | None = None
    judgement: Judgement | None = None
    came: Came = Came.GITHUB
    shown_on: Sequence[NewSurface] = ()  # beside where its run is shown already


class Attempts:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def begin(self, new: NewAttempt, now: datetime) -> Run | None:
        """The next attempt of an ended run, under a new epoch; its past is kept.

        None when this command has its attempt already, or when somebody else was faster.
        """
        old = new.run
        number = old.attempt + 1
        by = new.requester.login
        notes = [] if old.pull is None else [refusals.pull_request_stays(old.pull.number)]
        with writing(self._engine) as connection:
            if _is_there(connection, new.key):
                return None
            row = connection.execute(select(runs).where(runs.c.id == old.id)).one()
            changed = connection.execute(
                update(runs)
                .where(runs.c.id == old.id, runs.c.version == old.version, runs.c.state.not_in(OPEN))
                .values(
                    version=runs.c.version + 1,
                    epoch=runs.c.epoch + 1,
                    attempt=number,
                    attempt_key=new.key,
                    losses=0,
                    state=new.state,
                    sha=new.target.sha,
                    target=TARGET.dump_python(new.target, mode="json"),
                    requester_id=new.requester.id,
                    requester_login=by,
                    requester_app=new.requester.app_id,
                    request_url=new.request_url,
                    limits=asdict(new.limits),
                    image=new.image,
                    equipment=EQUIPMENT.dump_python(new.equipment, mode="json"),
                    judgement=JUDGEMENT.dump_python(new.judgement, mode="json"),
                    came=new.came,
                    queued_at=now,
                    started_at=now if new.state is RunState.PUBLISHING else None,
                    ended_at=None,
                    lease_until=None,
                    reason="",
                    notes=notes,
                    cancelled_by="",
                    cancel_reason="",
                    due_at=now,
                )
            )
            if changed.rowcount != 1:
                return None
            _archive(connection, old, str(row.attempt_key or row.ask_key))
            forget_steps(connection, old.id, new.steps, attempt=number)
            if new.target.sha != old.target.sha:  # what was found there is shown there
                connection.execute(delete(annotation_rows).where(annotation_rows.c.run == old.id))
            if new.gate is not None:
                insert_gate(connection, old.id, number, new.gate)
            show_again(connection, old, new.target, number, now)
            show_also(connection, old.id, new.shown_on, now)
            write_down(connection, old.id, now, (EntryKind.NOTE, None, refusals.attempt_begins(number, by)))
            write_down(connection, old.id, now, (EntryKind.RUN, None, new.state))
            return read_run(connection, old.id)

    def has(self, key: str) -> bool:
        """Whether this command has its attempt already, of whichever run it meant at the time."""
        with reading(self._engine) as connection:
            return _is_there(connection, key)

    def of(self, run: Run) -> tuple[Attempt, ...]:
        """Those that are over and were followed by another, oldest first."""
        statement = select(attempts).where(attempts.c.run == run.id).order_by(attempts.c.attempt)
        with reading(self._engine) as connection:
            return tuple(_attempt(run.plan, row) for row in connection.execute(statement).all())


def _is_there(connection: Connection, key: str) -> bool:
    now = select(runs.c.id).where(runs.c.attempt_key == key)
    past = select(attempts.c.run).where(attempts.c.attempt_key == key)
    return connection.execute(now.union_all(past)).first() is not None


def _archive(connection: Connection, run: Run, key: str) -> None:
    connection.execute(
        insert(attempts).values(
            run=run.id,
            attempt=run.attempt,
            attempt_key=key,
            requester_id=run.requester.id,
            requester_login=run.requester.login,
            sha=run.target.sha,
            state=run.state,
            reason=run.reason,
            notes=list(run.notes),
            steps=_PAST.dump_python([_past(step) for step in run.steps], mode="json"),
            queued_at=run.queued_at,
            started_at=run.started_at,
            ended_at=run.ended_at,
        )
    )


def _past(step: Step) -> dict[str, Any]:
    """A step without its action, which the plan has."""
    return {each.name: getattr(step, each.name) for each in fields(step) if each.name != "action"}


def _attempt(plan: Plan, row: Row[Any]) -> Attempt:
    return Attempt(
        number=row.attempt,
        requester=Person(row.requester_id, Login(row.requester_login)),
        sha=Sha(row.sha),
        state=RunState(row.state),
        reason=row.reason,
        notes=tuple(row.notes),
        steps=tuple(
            _STEP.validate_python({**line, "action": plan.actions[line["index"]]}) for line in row.steps
        ),
        queued_at=row.queued_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
    )
