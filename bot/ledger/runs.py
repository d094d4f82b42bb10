"""Runs: begun once per command, claimed under an epoch, ended once."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Connection, Engine, Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from bot.ids import Login, Person, Place, RunId, Sha
from bot.journal import EntryKind
from bot.ledger.engine import reading, writing
from bot.ledger.fence import FencedError, refuse_if_cancelled, supersede, touch, write_down
from bot.ledger.schema import annotation_rows, changes, runs, steps
from bot.ledger.surfaces import NewSurface, insert_surface
from bot.limits import Limits
from bot.plans.model import Plan, from_data
from bot.ports import Annotation, Changes, FileChange, FileMode
from bot.runs import CANCELLABLE, OPEN, PullRef, Run, RunState, Step, StepState, Target

_TARGET: TypeAdapter[Target] = TypeAdapter(Target)
_ANNOTATION: TypeAdapter[Annotation] = TypeAdapter(Annotation)
LEASE = timedelta(seconds=15)  # a worker that does not renew for this long is lost
REMIND = timedelta(seconds=10)  # the sweeper reminds the queue of a run that nobody took for this long


@dataclass(frozen=True)
class NewRun:
    """What a run is begun with. `ask_key` names the command: a second run of it is refused."""

    id: RunId
    ask_key: str
    target: Target
    requester: Person
    request_url: str
    plan: Plan
    limits: Limits
    page_key: str
    image: str = ""


class Runs:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    # --- begin and look -------------------------------------------------------------------------------

    def begin(self, new: NewRun, shown_on: Sequence[NewSurface], now: datetime) -> Run | None:
        """The queued run with the surfaces that show it, or None when this command has its run already."""
        place = new.target.place
        try:
            with writing(self._engine) as connection:
                connection.execute(
                    insert(runs).values(
                        id=new.id,
                        ask_key=new.ask_key,
                        state=RunState.QUEUED,
                        installation=place.installation,
                        repo_id=place.repo_id,
                        repo=str(place.repo),
                        number=new.target.number,
                        sha=new.target.sha,
                        target=_TARGET.dump_python(new.target, mode="json"),
                        requester_id=new.requester.id,
                        requester_login=new.requester.login,
                        request_url=new.request_url,
                        plan=new.plan.canonical_json(),
                        plan_reader=new.plan.reader,
                        digest=new.plan.digest,
                        limits=asdict(new.limits),
                        image=new.image,
                        page_key=new.page_key,
                        queued_at=now,
                        notes=[],
                        due_at=now + REMIND,
                    )
                )
                connection.execute(
                    insert(steps),
                    [
                        {"run": new.id, "position": position, "state": StepState.PENDING}
                        for position in range(len(new.plan.actions))
                    ],
                )
                write_down(connection, new.id, now, (EntryKind.RUN, None, RunState.QUEUED))
                for surface in shown_on:
                    insert_surface(connection, surface, now)
        except IntegrityError:
            return None
        return self.get(new.id)

    def get(self, run: RunId) -> Run | None:
        with reading(self._engine) as connection:
            row = connection.execute(select(runs).where(runs.c.id == run)).first()
            return None if row is None else _run(connection, row)

    def latest(self, place: Place, number: int) -> Run | None:
        """The newest run asked for on this issue or pull request."""
        return self._newest(runs.c.repo_id == place.repo_id, runs.c.number == number)

    def latest_on(self, place: Place, sha: Sha) -> Run | None:
        """The newest run of this commit."""
        return self._newest(runs.c.repo_id == place.repo_id, runs.c.sha == sha)

    def _newest(self, *where: ColumnElement[bool]) -> Run | None:
        statement = select(runs).where(*where).order_by(runs.c.queued_at.desc(), runs.c.id.desc()).limit(1)
        with reading(self._engine) as connection:
            row = connection.execute(statement).first()
            return None if row is None else _run(connection, row)

    # --- the life, under the fence --------------------------------------------------------------------

    def claim(self, run: RunId, *, worker: str, seal_key: bytes, now: datetime) -> Run | None:
        """Take a queued run: a new epoch begins. None when it is not queued any more."""
        with writing(self._engine) as connection:
            changed = connection.execute(
                update(runs)
                .where(runs.c.id == run, runs.c.state == RunState.QUEUED)
                .values(
                    state=RunState.RUNNING,
                    epoch=runs.c.epoch + 1,
                    version=runs.c.version + 1,
                    worker=worker,
                    seal_key=seal_key,
                    started_at=now,
                    lease_until=now + LEASE,
                )
            )
            if changed.rowcount != 1:
                return None
            write_down(connection, run, now, (EntryKind.RUN, None, RunState.RUNNING))
        return self.get(run)

    def renew(self, run: RunId, epoch: int, now: datetime) -> str:
        """Keep a running run for another LEASE. Returns who wants it cancelled, or "". May be FencedError."""
        statement = (
            update(runs)
            .where(runs.c.id == run, runs.c.epoch == epoch, runs.c.state == RunState.RUNNING)
            .values(lease_until=now + LEASE)
            .returning(runs.c.cancelled_by)
        )
        with writing(self._engine) as connection:
            row = connection.execute(statement).first()
        if row is None:
            raise FencedError(f"Run {run} is not ours any more: epoch {epoch} is over or the run has ended.")
        return str(row.cancelled_by)

    def lapsed(self, now: datetime) -> tuple[Run, ...]:
        """Running runs whose worker did not renew its lease."""
        statement = select(runs).where(runs.c.state == RunState.RUNNING, runs.c.lease_until < now)
        with reading(self._engine) as connection:
            return tuple(_run(connection, row) for row in connection.execute(statement).all())

    def begin_again(self, run: Run, note: str, now: datetime) -> None:
        """Back to the queue under a new epoch, with every step as if it had not begun."""
        with writing(self._engine) as connection:
            supersede(
                connection,
                run.id,
                run.epoch,
                state=RunState.QUEUED,
                notes=[*run.notes, note],
                started_at=None,
                lease_until=None,
                changed_files=None,
                due_at=now,
            )
            connection.execute(delete(changes).where(changes.c.run == run.id))
            for step in run.steps:
                _save_step(connection, run.id, Step(step.index, step.action))
            write_down(connection, run.id, now, (EntryKind.NOTE, None, note))
            write_down(connection, run.id, now, (EntryKind.RUN, None, RunState.QUEUED))

    def ask_cancel(self, run: RunId, by: str, now: datetime) -> Run | None:
        """Who asks first is the one who cancelled it; the run as it is then. None when there is no such run.

        A queued run ends here and now. A running one is ended by its worker, who sees it at its next renewal.
        """
        with writing(self._engine) as connection:
            connection.execute(
                update(runs)
                .where(runs.c.id == run, runs.c.cancelled_by == "", runs.c.state.in_(CANCELLABLE))
                .values(cancelled_by=by, version=runs.c.version + 1)
            )
            ended = connection.execute(
                update(runs)
                .where(runs.c.id == run, runs.c.state == RunState.QUEUED, runs.c.cancelled_by != "")
                .values(state=RunState.CANCELLED, ended_at=now, epoch=runs.c.epoch + 1)
            )
            if ended.rowcount:
                connection.execute(
                    update(steps)
                    .where(steps.c.run == run, steps.c.state == StepState.PENDING)
                    .values(state=StepState.SKIPPED, note="The run was cancelled.")
                )
                write_down(connection, run, now, (EntryKind.RUN, None, RunState.CANCELLED))
        return self.get(run)

    def seal_key(self, run: RunId, epoch: int) -> bytes | None:
        """The public key of the worker that holds this epoch of a running run."""
        statement = select(runs.c.seal_key).where(
            runs.c.id == run, runs.c.epoch == epoch, runs.c.state == RunState.RUNNING
        )
        with reading(self._engine) as connection:
            return connection.execute(statement).scalar_one_or_none()

    def set_steps(self, run: RunId, epoch: int, now: datetime, *changed: Step) -> None:
        with writing(self._engine) as connection:
            touch(connection, run, epoch)
            for step in changed:
                _save_step(connection, run, step)
            write_down(connection, run, now, *((EntryKind.STEP, step.index, step.state) for step in changed))

    def keep(self, run: RunId, epoch: int, result: Changes, notes: Sequence[str]) -> None:
        """Store what the box changed, and what there is to say about it."""
        files = json.dumps(
            [
                [item.path, str(item.mode), None if item.content is None else _base64(item.content)]
                for item in result.files
            ]
        )
        with writing(self._engine) as connection:
            told = connection.execute(select(runs.c.notes).where(runs.c.id == run)).scalar_one()
            touch(connection, run, epoch, changed_files=len(result.files), notes=[*told, *notes])
            connection.execute(
                insert(changes).values(
                    run=run, files=zlib.compress(files.encode()), patch=zlib.compress(result.patch)
                )
            )

    def add_note(self, run: RunId, epoch: int, note: str) -> None:
        with writing(self._engine) as connection:
            notes = connection.execute(select(runs.c.notes).where(runs.c.id == run)).scalar_one()
            touch(connection, run, epoch, notes=[*notes, note])

    def annotate(self, run: RunId, epoch: int, found: Sequence[Annotation]) -> None:
        if not found:
            return
        with writing(self._engine) as connection:
            touch(connection, run, epoch)
            start = connection.execute(select(func.count()).where(annotation_rows.c.run == run)).scalar_one()
            connection.execute(
                insert(annotation_rows),
                [
                    {
                        "run": run,
                        "position": start + offset,
                        "annotation": _ANNOTATION.dump_python(item, mode="json"),
                    }
                    for offset, item in enumerate(found)
                ],
            )

    def hand_to_desk(self, run: RunId, epoch: int, now: datetime) -> None:
        """The box has ended well and a pull request is to be made. CancelledError when it was cancelled."""
        with writing(self._engine) as connection:
            touch(connection, run, epoch, state=RunState.PUBLISHING, due_at=now + REMIND)
            refuse_if_cancelled(connection, run)
            write_down(connection, run, now, (EntryKind.RUN, None, RunState.PUBLISHING))

    def end(
        self,
        run: RunId,
        epoch: int,
        state: RunState,
        now: datetime,
        *,
        reason: str = "",
        pull: PullRef | None = None,
        last_steps: Sequence[Step] = (),
    ) -> None:
        """The one truthful end, with the steps it settles. CancelledError when a good one was cancelled."""
        with writing(self._engine) as connection:
            values: dict[str, Any] = {"state": state, "ended_at": now, "reason": reason}
            if pull is not None:
                values["pull"] = asdict(pull)
            touch(connection, run, epoch, **values)
            if state is RunState.SUCCEEDED:
                refuse_if_cancelled(connection, run)
            for step in last_steps:
                _save_step(connection, run, step)
            write_down(
                connection,
                run,
                now,
                *((EntryKind.STEP, step.index, step.state) for step in last_steps),
                (EntryKind.RUN, None, state),
            )

    # --- what it left ---------------------------------------------------------------------------------

    def changes(self, run: RunId) -> Changes | None:
        with reading(self._engine) as connection:
            row = connection.execute(select(changes).where(changes.c.run == run)).first()
        if row is None:
            return None
        files = json.loads(zlib.decompress(row.files))
        return Changes(
            files=tuple(
                FileChange(path, FileMode(mode), None if content is None else base64.b64decode(content))
                for path, mode, content in files
            ),
            patch=zlib.decompress(row.patch),
        )

    def annotations(self, run: RunId, start: int, limit: int) -> tuple[Annotation, ...]:
        """Those found, in the order found, from position `start`."""
        statement = (
            select(annotation_rows.c.annotation)
            .where(annotation_rows.c.run == run, annotation_rows.c.position >= start)
            .order_by(annotation_rows.c.position)
            .limit(limit)
        )
        with reading(self._engine) as connection:
            return tuple(_ANNOTATION.validate_python(item) for (item,) in connection.execute(statement).all())

    # --- the sweeper's questions ----------------------------------------------------------------------

    def remind(self, state: RunState, now: datetime) -> list[RunId]:
        """Runs in this state that are due; each is asked for once per REMIND."""
        with writing(self._engine) as connection:
            rows = connection.execute(
                update(runs)
                .where(runs.c.state == state, runs.c.due_at <= now)
                .values(due_at=now + REMIND)
                .returning(runs.c.id)
            ).all()
        return [RunId(row.id) for row in rows]

    def open(self) -> tuple[Run, ...]:
        """All runs that have not ended."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(runs).where(runs.c.state.in_(OPEN))).all()
            return tuple(_run(connection, row) for row in rows)

    def all(self) -> tuple[Run, ...]:
        """Every run, oldest first: for doctors and tests."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(runs).order_by(runs.c.queued_at)).all()
            return tuple(_run(connection, row) for row in rows)


def _save_step(connection: Connection, run: RunId, step: Step) -> None:
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


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _run(connection: Connection, row: Row[Any]) -> Run:
    plan = from_data(json.loads(row.plan), reader=row.plan_reader)
    lines = connection.execute(select(steps).where(steps.c.run == row.id).order_by(steps.c.position)).all()
    return Run(
        id=RunId(row.id),
        version=row.version,
        epoch=row.epoch,
        state=RunState(row.state),
        target=_TARGET.validate_python(row.target),
        requester=Person(row.requester_id, Login(row.requester_login)),
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
            )
            for line in lines
        ),
        cancelled_by=row.cancelled_by,
        image=row.image,
        page_key=row.page_key,
        queued_at=row.queued_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        reason=row.reason,
        notes=tuple(row.notes),
        pull=None if row.pull is None else PullRef(**row.pull),
        changed_files=row.changed_files,
    )
