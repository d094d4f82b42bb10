"""What admission decides from, read in one view: light columns only, so that a long queue stays cheap."""

from __future__ import annotations

import json
from datetime import datetime
from functools import lru_cache

from sqlalchemy import ColumnElement, Connection, Text, and_, cast, func, or_, select, true

from bot.admission import Busy, Standing, Waiting
from bot.forecast import LOOKED_AT
from bot.ids import Digest, RunId
from bot.ledger.schema import locks, runs
from bot.limits import Limits
from bot.locks import Lock, read
from bot.runs import RunState

_ONE_AT_A_TIME = 721190515  # Postgres' advisory lock of whoever claims a run or takes a lock


def one_at_a_time(connection: Connection) -> None:
    """Until the transaction ends nobody else decides. SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))


def read_standing(connection: Connection, now: datetime, *only: RunId) -> Standing:
    """With all waiting runs, or only these."""
    due = or_(runs.c.lease_until.is_(None), runs.c.lease_until <= now)  # put back for a while
    among = and_(runs.c.state == RunState.QUEUED, due, runs.c.id.in_(only) if only else true())
    waiting = _waiting(connection, among)
    repos = {run.repo_id for run in waiting}
    return Standing(
        waiting=waiting,
        busy=_busy(connection),
        now=now,
        locks=[lock for lock in held_locks(connection) if lock.repo_id in repos],
        last_starts=_last_starts(connection, among),
    )


def took(connection: Connection, repo_id: int, digest: Digest | None = None) -> list[float]:
    """How many seconds the last runs of a repository, or those of one plan, took to their own end."""
    newest = runs.c.started_at if digest is None else runs.c.ended_at
    statement = (
        select(runs.c.started_at, runs.c.ended_at)
        .where(
            runs.c.repo_id == repo_id,
            runs.c.digest == digest if digest is not None else true(),
            runs.c.started_at.is_not(None),
            runs.c.ended_at.is_not(None),
            runs.c.state.in_((RunState.SUCCEEDED, RunState.FAILED)),
        )
        .order_by(newest.desc())
        .limit(LOOKED_AT)
    )
    rows = connection.execute(statement).all()
    return [(row.ended_at - row.started_at).total_seconds() for row in rows]


def held_locks(connection: Connection, *repo_ids: int) -> list[Lock]:
    """Those of these repositories, or all."""
    statement = select(locks).order_by(locks.c.repo_id, locks.c.name)
    if repo_ids:
        statement = statement.where(locks.c.repo_id.in_(repo_ids))
    return [
        Lock(row.repo_id, row.name, read(row.held), row.taken_at, row.until)
        for row in connection.execute(statement).all()
    ]


def _waiting(connection: Connection, among: ColumnElement[bool]) -> list[Waiting]:
    statement = select(
        runs.c.id,
        runs.c.installation,
        runs.c.repo_id,
        runs.c.requester_id,
        runs.c.environment,
        runs.c.queued_at,
        cast(runs.c.limits, Text).label("limits"),
    ).where(among)
    return [
        Waiting(
            run=RunId(row.id),
            installation=row.installation,
            repo_id=row.repo_id,
            requester_id=row.requester_id,
            environment=row.environment,
            queued_at=row.queued_at,
            repository_runs=_limits(row.limits).repository_runs,
            installation_runs=_limits(row.limits).installation_runs,
        )
        for row in connection.execute(statement).all()
    ]


@lru_cache(maxsize=256)  # a thousand runs have a handful of configurations
def _limits(text: str) -> Limits:
    return Limits(**json.loads(text))


def _busy(connection: Connection) -> list[Busy]:
    statement = select(runs.c.id, runs.c.installation, runs.c.repo_id, runs.c.environment).where(
        runs.c.state.in_((RunState.RUNNING, RunState.PUBLISHING))
    )
    return [Busy(RunId(row.id), *row[1:]) for row in connection.execute(statement)]


def _last_starts(connection: Connection, among: ColumnElement[bool]) -> dict[int, datetime]:
    """When a run last started, of each repository where one waits. The index has the answer to each."""
    waiting = select(runs.c.repo_id).where(among).distinct().subquery()
    last = select(func.max(runs.c.started_at)).where(runs.c.repo_id == waiting.c.repo_id).scalar_subquery()
    rows = connection.execute(select(waiting.c.repo_id, last.label("at")))
    return {row.repo_id: row.at for row in rows if row.at is not None}
