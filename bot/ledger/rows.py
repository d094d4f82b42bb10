"""A run as its rows tell it."""

from __future__ import annotations

import json
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, select

from bot.equipment import Equipment
from bot.ids import Login, Person, RunId
from bot.ledger.gates import read_gate
from bot.ledger.schema import runs, steps
from bot.limits import Limits
from bot.plans.model import from_data
from bot.policy.facts import Came, Provenances
from bot.policy.verdict import Judgement
from bot.results.model import Results
from bot.runs import PullRef, Run, RunState, Step, StepState, Supersede, Target

TARGET: TypeAdapter[Target] = TypeAdapter(Target)
RESULTS: TypeAdapter[Results] = TypeAdapter(Results)
EQUIPMENT: TypeAdapter[Equipment] = TypeAdapter(Equipment)
PROVENANCE: TypeAdapter[Provenances] = TypeAdapter(Provenances)
JUDGEMENT: TypeAdapter[Judgement | None] = TypeAdapter(Judgement | None)


def read_run(connection: Connection, run: RunId) -> Run | None:
    row = connection.execute(select(runs).where(runs.c.id == run)).first()
    return None if row is None else run_of(connection, row)


def run_of(connection: Connection, row: Row[Any]) -> Run:
    plan = from_data(json.loads(row.plan), reader=row.plan_reader)
    lines = connection.execute(select(steps).where(steps.c.run == row.id).order_by(steps.c.position)).all()
    return Run(
        id=RunId(row.id),
        version=row.version,
        epoch=row.epoch,
        state=RunState(row.state),
        target=TARGET.validate_python(row.target),
        requester=Person(row.requester_id, Login(row.requester_login), row.requester_app),
        request_url=row.request_url,
        plan=plan,
        limits=Limits(**row.limits),
        steps=tuple(
            Step(
                index=line.position,
                action=plan.actions[line.position],
                state=StepState(line.state),
                note=line.note,
                started_at=line.started_at,
                ended_at=line.ended_at,
                exit_code=line.exit_code,
                output_bytes=line.output_bytes,
                attempt=line.attempt,
            )
            for line in lines
        ),
        cancelled_by=row.cancelled_by,
        cancel_reason=row.cancel_reason,
        image=row.image,
        equipment=EQUIPMENT.validate_python(row.equipment),
        results=RESULTS.validate_python(row.results),
        supersede=Supersede(row.supersede),
        attempt=row.attempt,
        losses=row.losses,
        page_key=row.page_key,
        queued_at=row.queued_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        reason=row.reason,
        notes=tuple(row.notes),
        pull=None if row.pull is None else PullRef(**row.pull),
        changed_files=row.changed_files,
        came=Came(row.came),
        gate=read_gate(connection, RunId(row.id), row.attempt) if row.state == RunState.PARKED else None,
    )
