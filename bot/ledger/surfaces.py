"""Surfaces: where runs and replies are shown, what was shown last, and when the next look is due."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    and_,
    case,
    func,
    literal,
    not_,
    or_,
    select,
    update,
)

from bot.ids import Place, RunId
from bot.ledger.dialect import insert_unless_there
from bot.ledger.engine import reading, writing
from bot.ledger.moments import believed, has_come
from bot.ledger.schema import runs, surfaces
from bot.runs import OPEN, Run, RunState, Target

_PLACE: TypeAdapter[Place] = TypeAdapter(Place)
CLAIM = timedelta(seconds=30)  # a surface somebody works on is left alone for this long


SHOWN_TOGETHER = 20  # of one installation: more than its budget allows at once


class Rank(IntEnum):
    """What is shown first when GitHub allows little."""

    FINAL_CHECK = 0  # somebody may wait for it to merge
    NEW_CHECK = 1
    REPLY = 2
    REACTION = 3
    COMMENT = 4  # a new one, or its last change
    PROGRESS = 5  # a change of what is there, while its run goes


class SurfaceKind(StrEnum):
    CHECK_RUN = "check_run"
    COMMENT = "comment"  # the one status comment of a run
    REPLY = "reply"  # an answer that is said once
    REACTION = "reaction"
    RULES = "rules"  # the check run on a commit that changes the configuration
    CHAT_RUN = "chat_run"  # the one message of a run in a chat, changed while it goes
    CHAT_FAILED = "chat_failed"  # nothing until the run fails; then it is a CHAT_RUN
    CHAT_LOG = "chat_log"  # a long log, as a file in its thread
    CHAT_END = "chat_end"  # how it ended, said to who asked
    CHAT_SAY = "chat_say"  # said once


CHATS = frozenset(kind for kind in SurfaceKind if kind.value.startswith("chat_"))
FORGE = frozenset(SurfaceKind) - CHATS
AT_THE_END = frozenset({SurfaceKind.CHAT_FAILED, SurfaceKind.CHAT_LOG, SurfaceKind.CHAT_END})
OF_A_CHANNEL = 3  # shown together: one is posted a second


@dataclass(frozen=True)
class NewSurface:
    """`key` says what is shown where: a second surface with the same key is the same surface."""

    key: str
    kind: SurfaceKind
    place: Place
    number: int
    run: RunId | None = None
    content: dict[str, Any] | None = None
    line: str = ""  # of a chat: `bot.chat.model.Spot.line`


@dataclass(frozen=True)
class Surface:
    id: int
    key: str
    kind: SurfaceKind
    place: Place
    number: int
    run: RunId | None
    content: dict[str, Any]
    remote_id: int | None
    attempted: bool
    shown_version: int
    shown_hash: str
    sent_annotations: int
    updates: int
    failures: int
    refused_since: datetime | None
    claimed_until: datetime  # whoever writes about it after somebody else has claimed it changes nothing
    line: str = ""


@dataclass(frozen=True)
class Due:
    """A surface that does not show the truth, and how much that weighs."""

    rank: Rank
    surface: Surface


@dataclass(frozen=True)
class Shown:
    """What a surface shows now, and when the next change may follow."""

    remote_id: int | None
    version: int
    content_hash: str
    sent_annotations: int
    due_at: datetime
    done: bool


@dataclass(frozen=True)
class Shows:
    """The check run on GitHub that shows a run, and the version of the run that it was last told."""

    remote_id: int
    version: int


class Surfaces:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, surface: NewSurface, now: datetime) -> bool:
        """False when there is one with this key already."""
        with writing(self._engine) as connection:
            return insert_surface(connection, surface, now)

    def claim_due(self, now: datetime) -> list[Surface]:
        """Surfaces that do not show the truth and may be changed now, claimed for us. Weightiest first."""
        return self.claim([each.surface for each in self.due(now)], now)

    def due(self, now: datetime, kinds: Collection[SurfaceKind] = tuple(SurfaceKind)) -> list[Due]:
        """The same, unclaimed and of these kinds only: the weightiest of each installation."""
        ended = runs.c.state.not_in(OPEN)
        new = surfaces.c.remote_id.is_(None)
        rank = case(
            (and_(surfaces.c.kind.in_(_FIRST), ended), int(Rank.FINAL_CHECK)),
            (and_(surfaces.c.kind.in_(_FIRST), new), int(Rank.NEW_CHECK)),
            (surfaces.c.kind == SurfaceKind.RULES, int(Rank.NEW_CHECK)),
            (surfaces.c.kind.in_((SurfaceKind.REPLY, SurfaceKind.CHAT_SAY)), int(Rank.REPLY)),
            (surfaces.c.kind == SurfaceKind.REACTION, int(Rank.REACTION)),
            (or_(new, ended), int(Rank.COMMENT)),
            else_=int(Rank.PROGRESS),
        ).label("rank")
        place_in_line = func.row_number().over(
            partition_by=(surfaces.c.line, surfaces.c.place["installation"].as_string()),
            order_by=(rank, surfaces.c.id),
        )
        # A message of a chat waits for its pace even at the end; what may hold up a merge does not.
        at_once = and_(ended, surfaces.c.kind.not_in(CHATS))
        wanted = or_(surfaces.c.run.is_(None), and_(_stale(), or_(has_come(surfaces.c.due_at, now), at_once)))
        together = case((surfaces.c.line == "", SHOWN_TOGETHER), else_=OF_A_CHANNEL).label("together")
        line = (
            select(surfaces, rank, together, place_in_line.label("place_in_line"))
            .outerjoin(runs, runs.c.id == surfaces.c.run)
            .where(
                surfaces.c.done.is_(False),
                surfaces.c.kind.in_(kinds),
                has_come(surfaces.c.retry_at, now),
                has_come(surfaces.c.claimed_until, now),
                wanted,
            )
            .subquery()
        )
        statement = (
            select(line).where(line.c.place_in_line <= line.c.together).order_by(line.c.rank, line.c.id)
        )
        with reading(self._engine) as connection:
            return [Due(Rank(row.rank), _surface(row)) for row in connection.execute(statement)]

    def claim(self, wanted: Sequence[Surface], now: datetime) -> list[Surface]:
        """Those that nobody else has claimed meanwhile, ours for half a minute: as they are now, for another
        desk may have shown one since it was found due."""
        if not wanted:
            return []
        with writing(self._engine) as connection:
            rows = connection.execute(
                update(surfaces)
                .where(
                    surfaces.c.id.in_([each.id for each in wanted]),
                    surfaces.c.done.is_(False),
                    has_come(surfaces.c.retry_at, now),
                    has_come(surfaces.c.claimed_until, now),
                )
                .values(claimed_until=now + CLAIM)
                .returning(surfaces)
            ).all()
        mine = {row.id: _surface(row) for row in rows}
        return [mine[each.id] for each in wanted if each.id in mine]

    def hold(self, surface: Surface, now: datetime) -> Surface | None:
        """One that waited for its turn since it was claimed, ours for another half a minute; None when
        somebody else took it meanwhile."""
        with writing(self._engine) as connection:
            row = connection.execute(
                update(surfaces).where(*_ours(surface)).values(claimed_until=now + CLAIM).returning(surfaces)
            ).first()
        return None if row is None else _surface(row)

    def next_due(self, now: datetime, kinds: Collection[SurfaceKind] = tuple(SurfaceKind)) -> datetime | None:
        """The next moment at which pacing or a retry lets a stale surface of these kinds be changed."""
        stale = or_(surfaces.c.run.is_(None), _stale())
        statement = (
            select(surfaces.c.due_at, surfaces.c.retry_at, surfaces.c.claimed_until)
            .outerjoin(runs, runs.c.id == surfaces.c.run)
            .where(surfaces.c.done.is_(False), surfaces.c.kind.in_(kinds), stale)
            .limit(1000)
        )
        with reading(self._engine) as connection:
            rows = connection.execute(statement).all()
        moments = [max(believed(moment, now) for moment in row) for row in rows]
        return max(now, min(moments)) if moments else None

    def begin_creation(self, surface: Surface) -> None:
        """Written before the first attempt: whoever comes after a crash looks before creating."""
        self._set(surface, attempted=True)

    def show(self, surface: Surface, shown: Shown) -> None:
        """What it shows now. It is not done when its run went on while its end was being shown; it stays done
        when it was closed meanwhile."""
        newer = select(runs.c.id).where(runs.c.id == surface.run, runs.c.version > shown.version)
        announced = surface.kind is SurfaceKind.CHAT_FAILED and shown.remote_id is not None
        self._set(
            surface,
            kind=SurfaceKind.CHAT_RUN if announced else surface.kind,
            remote_id=shown.remote_id,
            shown_version=shown.version,
            shown_hash=shown.content_hash,
            sent_annotations=shown.sent_annotations,
            due_at=shown.due_at,
            done=or_(surfaces.c.done, and_(literal(shown.done), not_(newer.exists()))),
            updates=surface.updates + 1,
            failures=0,
            last_error="",
            refused_since=None,
            claimed_until=datetime.fromtimestamp(0, tz=shown.due_at.tzinfo),
        )

    def fail(
        self, surface: Surface, error: str, retry_at: datetime, *, refused_since: datetime | None = None
    ) -> None:
        """Not shown this time. `refused_since` is kept until the surface is shown."""
        self._set(
            surface,
            failures=surface.failures + 1,
            last_error=error[:500],
            refused_since=refused_since or surface.refused_since,
            retry_at=retry_at,
            claimed_until=datetime.fromtimestamp(0, tz=retry_at.tzinfo),
        )

    def end_early(self, surface: Surface, why: str, now: datetime) -> None:
        """It cannot be shown any more, and nobody has to look: it was deleted, or a channel was archived."""
        self._set(surface, done=True, last_error=why[:500], retry_at=now, refused_since=None)

    def number_of(self, key: str) -> int | None:
        """The id of what shows this surface; None while there is nothing."""
        with reading(self._engine) as connection:
            row = connection.execute(select(surfaces.c.remote_id).where(surfaces.c.key == key)).first()
        return None if row is None else row.remote_id

    def is_done(self, key: str) -> bool:
        """Whether nothing more is shown there."""
        with reading(self._engine) as connection:
            row = connection.execute(select(surfaces.c.done).where(surfaces.c.key == key)).first()
        return row is None or bool(row.done)

    def content_of(self, key: str) -> dict[str, Any] | None:
        with reading(self._engine) as connection:
            row = connection.execute(select(surfaces.c.content).where(surfaces.c.key == key)).first()
        return None if row is None else dict(row.content)

    def run_in_thread(self, line: str, thread: str, number: int) -> RunId | None:
        """The newest run that is shown in a thread; `number` is that of the thread's first message."""
        here = or_(surfaces.c.remote_id == number, surfaces.c.content["thread"].as_string() == thread)
        statement = (
            select(surfaces.c.run)
            .where(surfaces.c.line == line, surfaces.c.kind.in_(_HEADS), here)
            .order_by(surfaces.c.id.desc())
        )
        with reading(self._engine) as connection:
            row = connection.execute(statement).first()
        return None if row is None else RunId(row.run)

    def head_of(self, run: RunId, line: str) -> Surface | None:
        """What shows the run, or will, in this channel; None where nothing does."""
        here = surfaces.c.run == run, surfaces.c.line == line, surfaces.c.kind.in_(_HEADS)
        with reading(self._engine) as connection:
            row = connection.execute(select(surfaces).where(*here).order_by(surfaces.c.id)).first()
        return None if row is None else _surface(row)

    def forget_words(self, surface: Surface) -> None:
        """What was said once and has arrived is not kept: it may hold a way to sign in."""
        self._set(surface, content={**surface.content, "message": None})

    def put_off(self, surface: Surface) -> None:
        """There was no room for it: it stays as it was, and nobody has to look whether it was created."""
        free = datetime.fromtimestamp(0, tz=UTC)
        self._set(surface, attempted=surface.attempted, claimed_until=free)

    def move(self, place: Place) -> None:
        """What is still to be shown in this repository is shown under its new name or installation."""
        moved = _PLACE.dump_python(place, mode="json")
        with writing(self._engine) as connection:
            for surface in _open_in(connection, place.repo_id):
                connection.execute(update(surfaces).where(surfaces.c.id == surface).values(place=moved))

    def close_in(self, repo_id: int) -> None:
        """Nobody can be shown anything in this repository any more."""
        with writing(self._engine) as connection:
            for surface in _open_in(connection, repo_id):
                connection.execute(
                    update(surfaces)
                    .where(surfaces.c.id == surface)
                    .values(done=True, last_error="", refused_since=None)
                )

    def owed(self, since: datetime) -> list[Place]:
        """The repositories in which a run that was queued since then does not show how it stands."""
        statement = select(surfaces.c.place).where(_behind(), runs.c.queued_at >= since)
        with reading(self._engine) as connection:
            rows = connection.execute(statement.join(runs, runs.c.id == surfaces.c.run)).all()
        places = [_PLACE.validate_python(row.place) for row in rows]
        return list({place.repo_id: place for place in places}.values())

    def reopen(self, place: Place, since: datetime, now: datetime) -> int:
        """We may speak in this repository again: what was let go there is owed once more. How much it was."""
        behind = (
            select(surfaces.c.id, surfaces.c.place, surfaces.c.done)
            .join(runs, runs.c.id == surfaces.c.run)
            .where(_behind(), runs.c.queued_at >= since, runs.c.repo_id == place.repo_id)
        )
        here = _PLACE.dump_python(place, mode="json")
        with writing(self._engine) as connection:
            rows = connection.execute(behind).all()
            wanted = [row.id for row in rows if row.done or row.place != here]
            connection.execute(
                update(surfaces)
                .where(surfaces.c.id.in_(wanted))
                .values(place=here, **_from_the_start(now), refused_since=None)
            )
        return len(wanted)

    def check_run_of(self, run: RunId) -> Shows | None:
        """Which check run shows this version of a run; None while something is still to be shown there."""
        statement = (
            select(surfaces.c.remote_id, surfaces.c.shown_version)
            .join(runs, runs.c.id == surfaces.c.run)
            .where(
                surfaces.c.run == run,
                surfaces.c.kind == SurfaceKind.CHECK_RUN,
                surfaces.c.done.is_(False),
                surfaces.c.remote_id.is_not(None),
                surfaces.c.shown_version == runs.c.version,
            )
        )
        with reading(self._engine) as connection:
            row = connection.execute(statement).first()
        return None if row is None else Shows(row.remote_id, row.shown_version)

    def doubt(self, run: RunId, shows: Shows) -> None:
        """GitHub does not show what we wrote down: it is shown again, unless it changed meanwhile."""
        with writing(self._engine) as connection:
            connection.execute(
                update(surfaces)
                .where(
                    surfaces.c.run == run,
                    surfaces.c.kind == SurfaceKind.CHECK_RUN,
                    surfaces.c.shown_version == shows.version,
                )
                .values(shown_version=0, shown_hash="")
            )

    def lose(self, surface: Surface) -> None:
        """What showed it is not there any more: whoever comes next looks for it, and sends all of it."""
        self._set(surface, remote_id=None, attempted=True, shown_hash="", sent_annotations=0)

    def close(self, surface: Surface) -> None:
        """There is nobody left to show it to, and nothing to regret."""
        self._set(surface, done=True, last_error="", refused_since=None)

    def give_up(self, surface: Surface, error: str, now: datetime) -> None:
        """It should be shown and cannot be: an operator has to look."""
        self._set(surface, done=True, last_error=error[:500], retry_at=now)

    def given_up(self, since: datetime) -> list[tuple[str, str]]:
        """(key, reason) of what was given up since then, the last one first: for doctors."""
        return self._ended(since, or_(surfaces.c.kind.not_in(CHATS), surfaces.c.refused_since.is_not(None)))

    def ended_early(self, since: datetime) -> list[tuple[str, str]]:
        """The same of what a chat does not let us show any more, and nobody has to look."""
        return self._ended(since, and_(surfaces.c.kind.in_(CHATS), surfaces.c.refused_since.is_(None)))

    def _ended(self, since: datetime, which: ColumnElement[bool]) -> list[tuple[str, str]]:
        statement = (
            select(surfaces.c.key, surfaces.c.last_error)
            .where(surfaces.c.done, surfaces.c.last_error != "", surfaces.c.retry_at >= since, which)
            .order_by(surfaces.c.retry_at.desc(), surfaces.c.id.desc())
        )
        with reading(self._engine) as connection:
            return [(row.key, row.last_error) for row in connection.execute(statement)]

    def all(self) -> list[tuple[str, bool, str]]:
        """(key, done, last error) of every surface: for doctors and tests."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(surfaces).order_by(surfaces.c.id)).all()
        return [(row.key, row.done, row.last_error) for row in rows]

    def unshown(self, repo: str) -> list[str]:
        """The keys of what a repository, as it is called now or was then, has not been shown: for tests."""
        told = or_(
            and_(surfaces.c.shown_version == runs.c.version, runs.c.state == RunState.PARKED),
            and_(surfaces.c.kind.in_(AT_THE_END), runs.c.state.in_(OPEN)),
        )
        open_ones = (
            select(surfaces)
            .outerjoin(runs, runs.c.id == surfaces.c.run)
            .where(surfaces.c.done.is_(False), not_(func.coalesce(told, False)))
        )
        with reading(self._engine) as connection:
            rows = connection.execute(open_ones).all()
        return [row.key for row in rows if str(_PLACE.validate_python(row.place).repo) == repo]

    def _set(self, surface: Surface, **values: object) -> None:
        with writing(self._engine) as connection:
            connection.execute(update(surfaces).where(*_ours(surface)).values(**values))


def _ours(surface: Surface) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return surfaces.c.id == surface.id, surfaces.c.claimed_until == surface.claimed_until


_HEADS = SurfaceKind.CHAT_RUN, SurfaceKind.CHAT_FAILED
_FIRST = SurfaceKind.CHECK_RUN, *_HEADS


def _stale() -> ColumnElement[bool]:
    """It does not show its run as it stands; what is said at the end has nothing to show before."""
    over = or_(surfaces.c.kind.not_in(AT_THE_END), runs.c.state.not_in(OPEN))
    return and_(runs.c.version > surfaces.c.shown_version, over)


def _open_in(connection: Connection, repo_id: int) -> list[int]:
    here = surfaces.c.done.is_(False), surfaces.c.line == ""  # a chat has no part in what GitHub allows
    rows = connection.execute(select(surfaces.c.id, surfaces.c.place).where(*here))
    return [row.id for row in rows.all() if row.place["repo_id"] == repo_id]


def _behind() -> ColumnElement[bool]:
    """Surfaces that do not show their run as it stands. Only the last check run of a run follows it."""
    kinds = SurfaceKind.CHECK_RUN, SurfaceKind.COMMENT
    last = (
        select(func.max(surfaces.c.id))
        .where(surfaces.c.run.is_not(None))
        .group_by(surfaces.c.run, surfaces.c.kind)
    )
    return and_(
        surfaces.c.kind.in_(kinds),
        surfaces.c.id.in_(last),
        or_(surfaces.c.done, runs.c.state.not_in(OPEN)),
        or_(runs.c.version > surfaces.c.shown_version, runs.c.state.in_(OPEN)),
    )


def _from_the_start(now: datetime) -> dict[str, Any]:
    return {"done": False, "failures": 0, "last_error": "", "due_at": now, "retry_at": now}


def insert_surface(connection: Connection, surface: NewSurface, now: datetime) -> bool:
    """Inside the caller's transaction, so that a run is never begun without being shown."""
    values = {
        "key": surface.key,
        "kind": surface.kind,
        "run": surface.run,
        "place": _PLACE.dump_python(surface.place, mode="json"),
        "number": surface.number,
        "content": surface.content or {},
        "line": surface.line,
        "due_at": now,
        "retry_at": now,
        "claimed_until": now,
    }
    return insert_unless_there(connection, surfaces, **values) is not None


def show_again(connection: Connection, run: Run, target: Target, attempt: int, now: datetime) -> None:
    """A run that has ended goes on, inside the caller's transaction: its surfaces follow it once more.

    A check run belongs to its commit: on another one there is a new one, and the old one stays as it is.
    """
    stays = [] if target.sha == run.target.sha else [surfaces.c.kind != SurfaceKind.CHECK_RUN]
    connection.execute(
        update(surfaces)
        .where(surfaces.c.run == run.id, *stays)
        .values(place=_PLACE.dump_python(target.place, mode="json"), **_from_the_start(now))
    )
    if stays:
        key = f"{SurfaceKind.CHECK_RUN}:{run.id}:{attempt}"
        new = NewSurface(key, SurfaceKind.CHECK_RUN, target.place, target.number, run=run.id)
        insert_surface(connection, new, now)


def show_also(connection: Connection, run: RunId, shown_on: Sequence[NewSurface], now: datetime) -> None:
    """An attempt is asked for where its run was not shown, or only would have been if it had failed."""
    lines = {each.line for each in shown_on}
    connection.execute(
        update(surfaces)
        .where(surfaces.c.run == run, surfaces.c.kind == SurfaceKind.CHAT_FAILED, surfaces.c.line.in_(lines))
        .values(kind=SurfaceKind.CHAT_RUN)
    )
    for each in shown_on:
        insert_surface(connection, each, now)


def _surface(row: Any) -> Surface:
    return Surface(
        id=row.id,
        key=row.key,
        kind=SurfaceKind(row.kind),
        place=_PLACE.validate_python(row.place),
        number=row.number,
        run=None if row.run is None else RunId(row.run),
        content=row.content,
        remote_id=row.remote_id,
        attempted=row.attempted,
        shown_version=row.shown_version,
        shown_hash=row.shown_hash,
        sent_annotations=row.sent_annotations,
        updates=row.updates,
        failures=row.failures,
        refused_since=row.refused_since,
        claimed_until=row.claimed_until,
        line=row.line,
    )
