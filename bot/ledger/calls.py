"""Calls of a model: each is reserved before it is made and settled after it, in budgets that all desks share.

What was reserved and never settled stays counted: nobody knows what a call cost that a crash cut off.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, Engine, case, func, insert, or_, select, text, update

from bot.ids import Person, Place
from bot.ledger.engine import reading, writing
from bot.ledger.schema import model_calls
from bot.ports import Completion
from bot.spending import MICROS, Allowances, Exhausted, Scope, Spent, exhausted

FAR_AWAY = timedelta(minutes=15)  # no call takes so long: what is over later was written by a wrong clock


class Outcome(StrEnum):
    RESERVED = "reserved"
    ANSWERED = "answered"
    FAILED = "failed"


@dataclass(frozen=True)
class NewCall:
    """A call that a command wants to make: what it may cost, and how long it may take."""

    key: str
    person: Person
    place: Place
    prompt_hash: str
    most: Spent
    longest: timedelta


@dataclass(frozen=True)
class Reserved:
    id: int


@dataclass(frozen=True)
class Awaited:
    """For the same command another call is under way."""

    seconds: float  # until it is over at the latest


@dataclass(frozen=True)
class Call:
    """A call as it is written down."""

    outcome: Outcome
    prompt_hash: str
    model: str
    input_tokens: int
    output_tokens: int
    cost_usd: float | None
    seconds: float


class Calls:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def reserve(self, new: NewCall, allowances: Allowances, now: datetime) -> Reserved | Awaited | Exhausted:
        """Room for one call in every budget, written down before it is made."""
        with writing(self._engine) as connection:
            _one_at_a_time(connection)
            awaited = _awaited(connection, new.key, now)
            if awaited is not None:
                return awaited
            over = exhausted(_spent(connection, new, now), new.most, allowances)
            if over is not None:
                return over
            row = insert(model_calls).values(
                key=new.key,
                repo_id=new.place.repo_id,
                repo=str(new.place.repo),
                user_id=new.person.id,
                at=now,
                prompt_hash=new.prompt_hash,
                over_at=now + new.longest,
                outcome=Outcome.RESERVED,
                tokens=new.most.tokens,
                micros=new.most.micros,
            )
            return Reserved(int(connection.execute(row.returning(model_calls.c.id)).scalar_one()))

    def settle(self, call: Reserved, completion: Completion) -> None:
        """It was answered: from now on it counts as what it was."""
        self._set(
            call,
            outcome=Outcome.ANSWERED,
            tokens=completion.input_tokens + completion.output_tokens,
            micros=round((completion.cost_usd or 0.0) * MICROS),
            model=completion.model[:128],
            input_tokens=completion.input_tokens,
            output_tokens=completion.output_tokens,
            cost_usd=completion.cost_usd,
            seconds=completion.seconds,
        )

    def fail(self, call: Reserved) -> None:
        """There was no answer. What it cost is unknown, so it stays counted as it was reserved."""
        self._set(call, outcome=Outcome.FAILED)

    def unanswered(self, key: str, now: datetime) -> int:
        """How many calls of a command came to nothing: they failed, or a crash cut them off."""
        lost = model_calls.c.outcome == Outcome.FAILED, _is_lost(now)
        statement = select(func.count()).where(model_calls.c.key == key, or_(*lost))
        with reading(self._engine) as connection:
            return int(connection.execute(statement).scalar_one())

    def of(self, key: str) -> tuple[Call, ...]:
        """The calls of a command, oldest first."""
        statement = select(model_calls).where(model_calls.c.key == key).order_by(model_calls.c.id)
        with reading(self._engine) as connection:
            rows = connection.execute(statement).all()
        return tuple(
            Call(
                Outcome(row.outcome),
                row.prompt_hash,
                row.model,
                row.input_tokens,
                row.output_tokens,
                row.cost_usd,
                row.seconds,
            )
            for row in rows
        )

    def _set(self, call: Reserved, **values: object) -> None:
        with writing(self._engine) as connection:
            connection.execute(update(model_calls).where(model_calls.c.id == call.id).values(**values))


def midnight(now: datetime) -> datetime:
    """When the day of this moment began, in UTC."""
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _one_at_a_time(connection: Connection) -> None:
    """SQLite's writers wait for each other anyway. One budget is that of everybody, so all have to."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(721190516)"))


def _awaited(connection: Connection, key: str, now: datetime) -> Awaited | None:
    statement = select(func.max(model_calls.c.over_at)).where(
        model_calls.c.key == key, model_calls.c.outcome == Outcome.RESERVED, ~_is_over(now)
    )
    over_at = connection.execute(statement).scalar_one()
    return None if over_at is None else Awaited((over_at - now).total_seconds())


def _is_over(now: datetime) -> ColumnElement[bool]:
    """Whoever made it has its answer by now, or is gone."""
    return or_(model_calls.c.over_at <= now, model_calls.c.over_at > now + FAR_AWAY)


def _is_lost(now: datetime) -> ColumnElement[bool]:
    return (model_calls.c.outcome == Outcome.RESERVED) & _is_over(now)


def _spent(connection: Connection, new: NewCall, now: datetime) -> Mapping[Scope, Spent]:
    today = model_calls.c.at >= midnight(now)
    scopes: dict[Scope, ColumnElement[bool]] = {
        Scope.COMMAND: model_calls.c.key == new.key,
        Scope.USER: today & (model_calls.c.user_id == new.person.id),
        Scope.REPOSITORY: today & (model_calls.c.repo_id == new.place.repo_id),
        Scope.DAY: today,
    }
    sums = [
        func.coalesce(func.sum(case((scope, value), else_=0)), 0)
        for scope in scopes.values()
        for value in (1, model_calls.c.tokens, model_calls.c.micros)
    ]
    row = connection.execute(select(*sums).where(or_(today, scopes[Scope.COMMAND]))).one()
    numbers = [int(each) for each in row]
    return {scope: Spent(*numbers[3 * place : 3 * place + 3]) for place, scope in enumerate(scopes)}
