"""Runs: begun once per command, claimed under an epoch, ended once."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    delete,
    func,
    insert,
    null,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.exc import IntegrityError

from bot.admission import startable
from bot.equipment import Equipment
from bot.events import Comment
from bot.gates import NewGate
from bot.ids import Digest, Person, Place, RunId, Sha
from bot.journal import EntryKind
from bot.ledger.engine import reading, writing
from bot.ledger.fence import FencedError, refuse_if_cancelled, supersede, touch, write_down
from bot.ledger.gates import insert_gate
from bot.ledger.moments import has_come
from bot.ledger.rows import EQUIPMENT, JUDGEMENT, PROVENANCE, TARGET, read_run, run_of
from bot.ledger.schema import annotation_rows, changes, runs, steps
from bot.ledger.standing import one_at_a_time, read_standing
from bot.ledger.steps import forget_steps, save_steps
from bot.ledger.surfaces import NewSurface, insert_surface
from bot.limits import Limits
from bot.plans.model import Plan
from bot.policy.facts import Came, Provenances
from bot.policy.verdict import Judgement
from bot.ports import Annotation, Changes, FileChange, FileMode
from bot.reports import refusals
from bot.runs import CANCELLABLE, NOT_BEGUN, OPEN, PullRef, Run, RunState, Step, StepState, Supersede, Target

_ANNOTATION: TypeAdapter[Annotation] = TypeAdapter(Annotation)
LEASE = timedelta(seconds=15)  # a worker that does not renew for this long is lost
AHEAD = 8  # runs of the line that a claim decides among: others may claim in the same moment
PUBLISHING = timedelta(seconds=20)  # a desk that does not say for so long that it is still at it is lost
REMIND = timedelta(seconds=10)  # the sweeper reminds the queue of a run that nobody took for this long


@dataclass(frozen=True)
class Held:
    """A lease. `until` is by its worker's clock: that it changes says more than what it is."""

    run: RunId
    epoch: int
    until: datetime | None  # None in runs of the first version


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
    equipment: Equipment = field(default_factory=Equipment)
    supersede: Supersede = Supersede.FINISH
    gate: NewGate | None = None  # what people have to approve before it may start
    notes: tuple[str, ...] = ()  # what there is to say of it from the start
    provenance: Provenances = None  # where a model made the plan: that of each parameter
    judgement: Judgement | None = None  # what the policy said of each step
    came: Came = Came.GITHUB

    @property
    def state(self) -> RunState:
        return RunState.QUEUED if self.gate is None else RunState.PARKED


class Runs:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    # --- begin and look -------------------------------------------------------------------------------

    def begin(self, new: NewRun, shown_on: Sequence[NewSurface], now: datetime) -> Run | None:
        """The new run with the surfaces that show it, or None when this command has its run already."""
        place = new.target.place
        try:
            with writing(self._engine) as connection:
                connection.execute(
                    insert(runs).values(
                        id=new.id,
                        ask_key=new.ask_key,
                        state=new.state,
                        installation=place.installation,
                        repo_id=place.repo_id,
                        repo=str(place.repo),
                        number=new.target.number,
                        sha=new.target.sha,
                        target=TARGET.dump_python(new.target, mode="json"),
                        requester_id=new.requester.id,
                        requester_login=new.requester.login,
                        requester_app=new.requester.app_id,
                        request_url=new.request_url,
                        plan=new.plan.canonical_json(),
                        plan_reader=new.plan.reader,
                        provenance=PROVENANCE.dump_python(new.provenance, mode="json"),
                        judgement=JUDGEMENT.dump_python(new.judgement, mode="json"),
                        digest=new.plan.digest,
                        environment=new.plan.environment,
                        limits=asdict(new.limits),
                        image=new.image,
                        equipment=EQUIPMENT.dump_python(new.equipment, mode="json"),
                        supersede=new.supersede,
                        page_key=new.page_key,
                        queued_at=now,
                        notes=list(new.notes),
                        came=new.came,
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
                if new.gate is not None:
                    insert_gate(connection, new.id, 1, new.gate)
                write_down(connection, new.id, now, (EntryKind.RUN, None, new.state))
                for surface in shown_on:
                    insert_surface(connection, surface, now)
        except IntegrityError:
            return None
        return self.get(new.id)

    def has(self, key: str) -> bool:
        """Whether this command has its run already."""
        with reading(self._engine) as connection:
            return connection.execute(select(runs.c.id).where(runs.c.ask_key == key)).first() is not None

    def get(self, run: RunId) -> Run | None:
        with reading(self._engine) as connection:
            return read_run(connection, run)

    def judgement(self, run: RunId) -> Judgement | None:
        """What the policy said of its steps; None of runs that are older than the policy."""
        with reading(self._engine) as connection:
            told = connection.execute(select(runs.c.judgement).where(runs.c.id == run)).scalar_one_or_none()
        return JUDGEMENT.validate_python(told)

    def provenance(self, run: RunId) -> Provenances:
        """Where each parameter of each step came from; None where no model made the plan."""
        with reading(self._engine) as connection:
            told = connection.execute(select(runs.c.provenance).where(runs.c.id == run)).scalar_one_or_none()
        return PROVENANCE.validate_python(told)

    def latest(self, place: Place, number: int) -> Run | None:
        """The newest run asked for on this issue or pull request."""
        return self._newest(runs.c.repo_id == place.repo_id, runs.c.number == number)

    def latest_on(self, place: Place, sha: Sha) -> Run | None:
        """The newest run of this commit."""
        return self._newest(runs.c.repo_id == place.repo_id, runs.c.sha == sha)

    def of_person(self, person: int, most: int) -> list[Run]:
        """The newest runs that somebody asked for, wherever."""
        statement = (
            select(runs)
            .where(runs.c.requester_id == person)
            .order_by(runs.c.queued_at.desc(), runs.c.id.desc())
            .limit(most)
        )
        with reading(self._engine) as connection:
            return [run_of(connection, row) for row in connection.execute(statement).all()]

    def latest_in(self, place: Place, most: int) -> list[Run]:
        """The newest runs of a repository, the newest first."""
        statement = (
            select(runs)
            .where(runs.c.repo_id == place.repo_id)
            .order_by(runs.c.queued_at.desc(), runs.c.id.desc())
            .limit(most)
        )
        with reading(self._engine) as connection:
            return [run_of(connection, row) for row in connection.execute(statement).all()]

    def latest_published(self, place: Place, number: int) -> Run | None:
        """The newest run asked for here that made a pull request."""
        here = (runs.c.repo_id == place.repo_id, runs.c.number == number)
        return self._newest(*here, runs.c.pull.is_not(null()))

    def latest_of(self, place: Place, digest: Digest) -> Run | None:
        """The newest run of a plan in this repository."""
        return self._newest(runs.c.repo_id == place.repo_id, runs.c.digest == digest)

    def _newest(self, *where: ColumnElement[bool]) -> Run | None:
        statement = select(runs).where(*where).order_by(runs.c.queued_at.desc(), runs.c.id.desc()).limit(1)
        with reading(self._engine) as connection:
            row = connection.execute(statement).first()
            return None if row is None else run_of(connection, row)

    # --- the life, under the fence --------------------------------------------------------------------

    def claim_next(self, *, worker: str, seal_key: bytes, now: datetime) -> Run | None:
        """Take the waiting run whose turn it is: a new epoch begins. None when none may start now.

        The long line is read beside other writers. Among its first runs is decided once more when nobody else
        can, so that no limit is exceeded.
        """
        while first := self.may_start(now, AHEAD):
            with writing(self._engine) as connection:
                one_at_a_time(connection)
                taken = self._take_first(
                    connection,
                    startable(read_standing(connection, now, *first)),
                    now,
                    worker=worker,
                    seal_key=seal_key,
                )
            if taken is not None:
                return self.get(taken)
        return None

    def _take_first(
        self, connection: Connection, those: Iterable[RunId], now: datetime, *, worker: str, seal_key: bytes
    ) -> RunId | None:
        for run in those:
            claimed = connection.execute(
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
            if claimed.rowcount == 1:  # else it was cancelled in this very moment
                write_down(connection, run, now, (EntryKind.RUN, None, RunState.RUNNING))
                return run
        return None

    def _any_waiting(self) -> bool:
        """A cheap look: most reminders come when the work is done."""
        statement = select(runs.c.id).where(runs.c.state == RunState.QUEUED).limit(1)
        with reading(self._engine) as connection:
            return connection.execute(statement).first() is not None

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

    def held(self) -> tuple[Held, ...]:
        """The leases of all running runs."""
        statement = select(runs.c.id, runs.c.epoch, runs.c.lease_until).where(
            runs.c.state == RunState.RUNNING
        )
        with reading(self._engine) as connection:
            rows = connection.execute(statement).all()
        return tuple(Held(RunId(row.id), row.epoch, row.lease_until) for row in rows)

    def take_from(self, lost: Held) -> Run | None:
        """The run of this lease, out of its worker's reach from now on. None when it was renewed."""
        with writing(self._engine) as connection:
            taken = connection.execute(
                update(runs)
                .where(
                    runs.c.id == lost.run,
                    runs.c.epoch == lost.epoch,
                    runs.c.lease_until == lost.until,
                    runs.c.state == RunState.RUNNING,
                )
                .values(epoch=runs.c.epoch + 1, version=runs.c.version + 1)
            )
        return self.get(lost.run) if taken.rowcount else None

    def put_back(self, run: Run, now: datetime, not_before: datetime) -> None:
        """Back to the queue, where nobody takes it for a while: it could not even begin."""
        with writing(self._engine) as connection:
            supersede(
                connection,
                run.id,
                run.epoch,
                state=RunState.QUEUED,
                started_at=None,
                lease_until=not_before,
                due_at=not_before,
            )
            write_down(connection, run.id, now, (EntryKind.RUN, None, RunState.QUEUED))

    def begin_again(self, run: Run, note: str, now: datetime, *, lost: bool = True) -> None:
        """Back to the queue under a new epoch, with every step of this attempt as if it had not begun.

        `lost` counts against the number of workers that an attempt may lose; a hand-over does not.
        """
        with writing(self._engine) as connection:
            supersede(
                connection,
                run.id,
                run.epoch,
                state=RunState.QUEUED,
                notes=[*(each for each in run.notes if each != note), note],
                started_at=None,
                lease_until=None,
                losses=run.losses + lost,
                due_at=now,
            )
            connection.execute(
                delete(changes).where(changes.c.run == run.id, changes.c.attempt == run.attempt)
            )
            mine = tuple(step.index for step in run.steps if not run.kept(step))
            forget_steps(connection, run.id, mine, attempt=run.attempt)
            write_down(connection, run.id, now, (EntryKind.NOTE, None, note))
            write_down(connection, run.id, now, (EntryKind.RUN, None, RunState.QUEUED))

    def ask_cancel(self, run: RunId, by: str, now: datetime, *, reason: str = "") -> Run | None:
        """Who asks first is the one who cancelled it; the run as it is then. None when there is no such run.

        One that has not begun ends here and now; a running one by its worker, at the next renewal.
        `reason` is a sentence for the case that nobody asked by name, as when the pull request was closed.
        """
        with writing(self._engine) as connection:
            connection.execute(
                update(runs)
                .where(runs.c.id == run, runs.c.cancelled_by == "", runs.c.state.in_(CANCELLABLE))
                .values(cancelled_by=by, cancel_reason=reason, version=runs.c.version + 1)
            )
            ended = connection.execute(
                update(runs)
                .where(runs.c.id == run, runs.c.state.in_(NOT_BEGUN), runs.c.cancelled_by != "")
                .values(
                    state=RunState.CANCELLED,
                    ended_at=now,
                    epoch=runs.c.epoch + 1,
                    reason=refusals.cancelled(by, reason),
                )
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
            save_steps(connection, run, changed)
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
            attempt = connection.execute(select(runs.c.attempt).where(runs.c.id == run)).scalar_one()
            connection.execute(
                insert(changes).values(
                    run=run,
                    attempt=attempt,
                    files=zlib.compress(files.encode()),
                    patch=zlib.compress(result.patch),
                )
            )

    def add_note(self, run: RunId, epoch: int, note: str) -> None:
        with writing(self._engine) as connection:
            notes = connection.execute(select(runs.c.notes).where(runs.c.id == run)).scalar_one()
            touch(connection, run, epoch, notes=[*notes, note])

    def remark(self, run: RunId, said: Callable[[Sequence[str]], Sequence[str]]) -> bool:
        """Change what there is to say about an open run, whoever has it. False when nothing changed."""
        with writing(self._engine) as connection:
            notes = select(runs.c.notes).where(runs.c.id == run, runs.c.state.in_(OPEN)).with_for_update()
            told = connection.execute(notes).scalar_one_or_none()
            if told is None or list(said(told)) == told:
                return False
            connection.execute(
                update(runs)
                .where(runs.c.id == run)
                .values(notes=list(said(told)), version=runs.c.version + 1)
            )
        return True

    def move(self, place: Place) -> None:
        """Open runs of this repository belong to its new name or installation from now on."""
        here = runs.c.repo_id == place.repo_id, runs.c.state.in_(OPEN)
        with writing(self._engine) as connection:
            for row in connection.execute(select(runs.c.id, runs.c.target).where(*here).with_for_update()):
                target = TARGET.validate_python(row.target)
                source = target.source if target.from_fork else place.repo
                moved = replace(target, place=place, source=source)
                connection.execute(
                    update(runs)
                    .where(runs.c.id == row.id)
                    .values(
                        installation=place.installation,
                        repo=str(place.repo),
                        target=TARGET.dump_python(moved, mode="json"),
                        version=runs.c.version + 1,
                    )
                )

    def asked_by(self, place: Place, comment: Comment) -> tuple[Run, ...]:
        """Every run that this comment asked for."""
        key = f"{place.repo_id}:{comment.kind}:{comment.id}:"
        statement = select(runs).where(runs.c.ask_key.startswith(key, autoescape=True))
        with reading(self._engine) as connection:
            return tuple(run_of(connection, row) for row in connection.execute(statement).all())

    def annotate(self, run: RunId, epoch: int, found: Sequence[Annotation]) -> None:
        if not found:
            return
        with writing(self._engine) as connection:
            touch(connection, run, epoch)
            rows = connection.execute(
                select(annotation_rows.c.annotation).where(annotation_rows.c.run == run)
            ).scalars()
            known = [_ANNOTATION.validate_python(each) for each in rows]
            start, found = len(known), [each for each in found if each not in set(known)]
            if not found:
                return  # an earlier attempt found the same
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
            touch(connection, run, epoch, state=RunState.PUBLISHING, due_at=now + REMIND, lease_until=None)
            refuse_if_cancelled(connection, run)
            write_down(connection, run, now, (EntryKind.RUN, None, RunState.PUBLISHING))

    def take_publishing(self, run: RunId, now: datetime) -> Run | None:
        """For one desk at a time, for as long as PUBLISHING. None when somebody is at it, or it is over."""
        free = or_(runs.c.lease_until.is_(None), has_come(runs.c.lease_until, now))
        with writing(self._engine) as connection:
            taken = connection.execute(
                update(runs)
                .where(runs.c.id == run, runs.c.state == RunState.PUBLISHING, free)
                .values(lease_until=now + PUBLISHING, due_at=now + PUBLISHING)
            )
            return read_run(connection, run) if taken.rowcount else None

    def keep_publishing(self, run: RunId, now: datetime) -> None:
        """Whoever has it is still at it."""
        self._until(run, now + PUBLISHING, now + PUBLISHING)

    def put_publishing_off(self, run: RunId, due_at: datetime) -> None:
        """Whoever had it could not do it yet."""
        self._until(run, None, due_at)

    def _until(self, run: RunId, lease_until: datetime | None, due_at: datetime) -> None:
        with writing(self._engine) as connection:
            connection.execute(
                update(runs)
                .where(runs.c.id == run, runs.c.state == RunState.PUBLISHING)
                .values(lease_until=lease_until, due_at=due_at)
            )

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
            save_steps(connection, run, last_steps)
            write_down(
                connection,
                run,
                now,
                *((EntryKind.STEP, step.index, step.state) for step in last_steps),
                (EntryKind.RUN, None, state),
            )

    # --- what it left ---------------------------------------------------------------------------------

    def tree(self, run: RunId) -> int | None:
        """The newest attempt of which the changes were kept."""
        with reading(self._engine) as connection:
            return connection.execute(
                select(func.max(changes.c.attempt)).where(changes.c.run == run)
            ).scalar()

    def changes(self, run: RunId, *, before: int | None = None) -> Changes | None:
        """Those of the newest attempt that kept any, or of the newest one `before` that attempt."""
        where = (
            [changes.c.run == run] if before is None else [changes.c.run == run, changes.c.attempt < before]
        )
        statement = select(changes).where(*where).order_by(changes.c.attempt.desc()).limit(1)
        with reading(self._engine) as connection:
            row = connection.execute(statement).first()
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

    def may_start(self, now: datetime, limit: int) -> list[RunId]:
        """The waiting runs that a worker could take now, in order."""
        if not self._any_waiting():
            return []
        with reading(self._engine) as connection:
            return list(islice(startable(read_standing(connection, now)), limit))

    def remind(self, state: RunState, now: datetime, *only: RunId) -> list[RunId]:
        """Runs in this state that are due; each is asked for once per REMIND."""
        among = runs.c.id.in_(only) if only else true()
        with writing(self._engine) as connection:
            rows = connection.execute(
                update(runs)
                .where(runs.c.state == state, has_come(runs.c.due_at, now), among)
                .values(due_at=now + REMIND)
                .returning(runs.c.id)
            ).all()
        return [RunId(row.id) for row in rows]

    def to_verify(self, now: datetime, every: timedelta, limit: int = 50) -> list[Run]:
        """Open runs that nobody held against GitHub for this long; they are ours to look at now."""
        due = runs.c.state.in_(OPEN), runs.c.verify_at <= now, runs.c.queued_at <= now - every
        some = select(runs.c.id).where(*due).order_by(runs.c.verify_at, runs.c.id).limit(limit)
        with writing(self._engine) as connection:
            rows = connection.execute(
                update(runs)
                .where(runs.c.id.in_(some), *due)
                .values(verify_at=now + every)
                .returning(runs.c.id)
            ).all()
        return [run for row in rows if (run := self.get(RunId(row.id))) is not None]

    def open(self) -> tuple[Run, ...]:
        """All runs that have not ended."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(runs).where(runs.c.state.in_(OPEN))).all()
            return tuple(run_of(connection, row) for row in rows)

    def in_environments(self, repo_id: int) -> tuple[Run, ...]:
        """The open runs of a repository that need an environment, oldest first."""
        statement = (
            select(runs)
            .where(runs.c.repo_id == repo_id, runs.c.state.in_(OPEN), runs.c.environment != "")
            .order_by(runs.c.queued_at, runs.c.id)
        )
        with reading(self._engine) as connection:
            return tuple(run_of(connection, row) for row in connection.execute(statement).all())

    def all(self) -> tuple[Run, ...]:
        """Every run, oldest first: for doctors and tests."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(runs).order_by(runs.c.queued_at)).all()
            return tuple(run_of(connection, row) for row in rows)


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
