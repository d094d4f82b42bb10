"""Gates of parked runs: opened, refused or left to lapse, each once, whoever comes at the same moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Connection, Engine, Select, and_, insert, select, update

from bot.gates import REMINDER, Approval, Bound, Gate, GateState, NewGate
from bot.ids import Login, Person, RunId
from bot.journal import EntryKind
from bot.ledger.audit import AuditLine, append
from bot.ledger.engine import reading, writing
from bot.ledger.fence import write_down
from bot.ledger.schema import approvals, gates, runs, steps
from bot.policy import Need
from bot.ports import Role
from bot.runs import Run, RunState, StepState

_NEEDS: TypeAdapter[tuple[Need, ...]] = TypeAdapter(tuple[Need, ...])
_BOUND: TypeAdapter[Bound] = TypeAdapter(Bound)


@dataclass(frozen=True)
class Settlement:
    """How a parked run ends that was not approved."""

    state: GateState
    end: RunState
    by: str
    reason: str


class Gates:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of(self, run: Run) -> Gate | None:
        """The gate of the run's present attempt, if it has one."""
        with reading(self._engine) as connection:
            return read_gate(connection, run.id, run.attempt)

    def approve(
        self, run: Run, approval: Approval, now: datetime, line: AuditLine, *, told: Callable[[Gate], str]
    ) -> Gate | None:
        """Write a yes down, with its line; with the last one that is needed the run is queued. The gate then.

        `told` is the sentence about those who said yes, which is shown wherever the run is.

        None when the run has no gate. A settled one stays as it is: whoever comes late sees by whom.
        """
        with writing(self._engine) as connection:
            gate = _shut(connection, run)
            if gate is None or approval.by.id in {each.by.id for each in gate.approvals}:
                return read_gate(connection, run.id, run.attempt)
            connection.execute(
                insert(approvals).values(
                    run=run.id,
                    attempt=run.attempt,
                    person_id=approval.by.id,
                    login=approval.by.login,
                    role=approval.role,
                    at=approval.at,
                    teams=list(approval.teams),
                )
            )
            gate = replace(gate, approvals=(*gate.approvals, approval))
            if gate.open_needs(run.requester):
                _touch(connection, run)
            else:
                _settle(connection, run, GateState.OPENED, approval.by.login)
                notes = [*run.notes, told(gate)]
                _leave(connection, run, RunState.QUEUED, now, due_at=now, notes=notes)
            append(connection, line)
            return read_gate(connection, run.id, run.attempt)

    def settle(
        self, run: Run, settlement: Settlement, now: datetime, line: AuditLine | None = None
    ) -> Gate | None:
        """End a parked run, with its line if a person did. The gate then: somebody may have been faster."""
        with writing(self._engine) as connection:
            if _shut(connection, run) is not None:
                _settle(connection, run, settlement.state, settlement.by)
                connection.execute(
                    update(steps)
                    .where(steps.c.run == run.id, steps.c.state == StepState.PENDING)
                    .values(state=StepState.SKIPPED, note="The run was not approved.")
                )
                _leave(connection, run, settlement.end, now, reason=settlement.reason, ended_at=now)
                if line is not None:
                    append(connection, line)
            return read_gate(connection, run.id, run.attempt)

    def lapsed(self, now: datetime) -> tuple[RunId, ...]:
        """The parked runs that nobody approved in time."""
        with reading(self._engine) as connection:
            rows = connection.execute(_parked(gates.c.until <= now)).scalars()
            return tuple(RunId(run) for run in rows)

    def waiting_since(self, moment: datetime) -> tuple[RunId, ...]:
        """The parked runs that were asked for before that."""
        with reading(self._engine) as connection:
            rows = connection.execute(_parked(runs.c.queued_at <= moment)).scalars()
            return tuple(RunId(run) for run in rows)

    def to_remind(self, now: datetime) -> tuple[RunId, ...]:
        """The parked runs whose time is nearly over; each is told once."""
        with writing(self._engine) as connection:
            due = list(connection.execute(_parked(gates.c.remind_at <= now)).scalars())
            connection.execute(update(gates).where(gates.c.run.in_(due)).values(remind_at=None))
            return tuple(RunId(run) for run in due)


def _parked(*where: ColumnElement[bool]) -> Select[Any]:
    """The runs that stand behind a gate now; a cancelled one does not, and its gate stays as it was."""
    its_own = and_(
        runs.c.id == gates.c.run, runs.c.attempt == gates.c.attempt, runs.c.state == RunState.PARKED
    )
    return select(gates.c.run).join(runs, its_own).where(*where)


def insert_gate(connection: Connection, run: RunId, attempt: int, new: NewGate) -> None:
    """Inside the caller's transaction, so that no run is ever parked without what it waits for."""
    connection.execute(
        insert(gates).values(
            run=run,
            attempt=attempt,
            state=GateState.SHUT,
            needs=_NEEDS.dump_python(new.needs, mode="json"),
            bound=_BOUND.dump_python(new.bound, mode="json"),
            until=new.until,
            remind_at=new.until - REMINDER,
        )
    )


def read_gate(connection: Connection, run: RunId, attempt: int) -> Gate | None:
    here = gates.c.run == run, gates.c.attempt == attempt
    row = connection.execute(select(gates).where(*here)).first()
    if row is None:
        return None
    given = select(approvals).where(approvals.c.run == run, approvals.c.attempt == attempt)
    return Gate(
        needs=_NEEDS.validate_python(row.needs),
        bound=_BOUND.validate_python(row.bound),
        until=row.until,
        state=GateState(row.state),
        approvals=tuple(
            Approval(
                Person(each.person_id, Login(each.login)), Role(each.role), each.at, tuple(each.teams or ())
            )
            for each in connection.execute(given.order_by(approvals.c.at)).all()
        ),
        settled_by=row.settled_by,
    )


def _shut(connection: Connection, run: Run) -> Gate | None:
    """The gate, if it still holds a parked run; nobody else can settle it before we have ended."""
    parked = runs.c.id == run.id, runs.c.attempt == run.attempt, runs.c.state == RunState.PARKED
    if connection.execute(select(runs.c.id).where(*parked).with_for_update()).first() is None:
        return None
    return read_gate(connection, run.id, run.attempt)


def _settle(connection: Connection, run: Run, state: GateState, by: str) -> None:
    connection.execute(
        update(gates)
        .where(gates.c.run == run.id, gates.c.attempt == run.attempt)
        .values(state=state, settled_by=by)
    )


def _leave(connection: Connection, run: Run, state: RunState, now: datetime, **values: object) -> None:
    connection.execute(
        update(runs).where(runs.c.id == run.id).values(state=state, version=runs.c.version + 1, **values)
    )
    write_down(connection, run.id, now, (EntryKind.RUN, None, state))


def _touch(connection: Connection, run: Run) -> None:
    """What is shown of it has changed."""
    connection.execute(update(runs).where(runs.c.id == run.id).values(version=runs.c.version + 1))
