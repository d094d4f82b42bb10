"""Journals: a run's output and changes, in order, as they happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Engine, func, select

from bot.ids import RunId
from bot.journal import SAID, End, Entry, EntryKind, said
from bot.ledger.engine import reading, writing
from bot.ledger.fence import touch, write_down
from bot.ledger.packing import unpack
from bot.ledger.schema import journal
from bot.ledger.schema import steps as rows

_SPOKEN = (EntryKind.OUT, EntryKind.ERR)


class Journals:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def append(
        self, run: RunId, epoch: int, at: datetime, entries: Sequence[tuple[EntryKind, int | None, str]]
    ) -> None:
        """Under the fence: FencedError when the epoch is over."""
        with writing(self._engine) as connection:
            touch(connection, run, epoch)
            write_down(connection, run, at, *entries)

    def read(self, run: RunId, after: int = 0, limit: int = 500) -> list[Entry]:
        """Entries numbered above `after`, in order."""
        statement = (
            select(journal)
            .where(journal.c.run == run, journal.c.seq > after)
            .order_by(journal.c.seq)
            .limit(limit)
        )
        with reading(self._engine) as connection:
            return [
                Entry(
                    seq=row.seq,
                    at=row.at,
                    kind=EntryKind(row.kind),
                    step=row.step,
                    text=unpack(row.text, row.packed),
                )
                for row in connection.execute(statement)
            ]

    def ends(self, run: RunId, steps: int, limit: int) -> tuple[dict[int, End], int]:
        """The end of what each step said, in all attempts, and the number of the last entry that counts.

        At least `limit` characters of each, where there are so many; what is before is not read.
        """
        with reading(self._engine) as connection:
            last = connection.execute(
                select(func.coalesce(func.max(journal.c.seq), 0)).where(journal.c.run == run)
            ).scalar_one()
            shown = (journal.c.kind.in_(SAID), journal.c.seq <= last)
            found: dict[int, End] = {}
            for step in range(steps):
                pieces, cut = _last(connection, run, journal.c.step == step, *shown, limit=limit)
                if pieces:
                    found[step] = End("".join(reversed(pieces)), cut)
            return found, int(last)

    def tails(self, run: RunId, steps: int, limit: int = 64 * 1024) -> Mapping[int, str]:
        """The end of each step's output since it last began: about `limit` characters of both streams."""
        with reading(self._engine) as connection:
            spoken = journal.c.kind.in_(_SPOKEN)
            found: dict[int, str] = {}
            for step in range(steps):
                since = select(rows.c.first_seq).where(rows.c.run == run, rows.c.position == step)
                begun = journal.c.seq > func.coalesce(since.scalar_subquery(), 0)
                pieces, _ = _last(connection, run, journal.c.step == step, spoken, begun, limit=limit)
                if pieces:
                    found[step] = "".join(reversed(pieces))[-limit:]
            return found

    def end(self, run: RunId, attempt: int, limit: int) -> str:
        """The end of what the steps said in this attempt, the last one: at most `limit` characters."""
        since = select(func.min(rows.c.first_seq)).where(rows.c.run == run, rows.c.attempt == attempt)
        begun = journal.c.seq > func.coalesce(since.scalar_subquery(), 0)
        said_by_steps = (journal.c.step.is_not(None), journal.c.kind.in_(SAID))
        with reading(self._engine) as connection:
            pieces, _ = _last(connection, run, *said_by_steps, begun, limit=limit)
        return "".join(reversed(pieces))[-limit:]


def _last(
    connection: Connection,
    run: RunId,
    *which: ColumnElement[bool],
    limit: int,
) -> tuple[list[str], bool]:
    """Texts from the last one on, until they are so long; and whether there are more."""
    statement = (
        select(journal.c.kind, journal.c.text, journal.c.packed)
        .where(journal.c.run == run, *which)
        .order_by(journal.c.seq.desc())
    )
    pieces: list[str] = []
    size = 0
    for row in connection.execute(statement).yield_per(16):
        if size >= limit:
            return pieces, True
        text = said(EntryKind(row.kind), unpack(row.text, row.packed))
        pieces.append(text)
        size += len(text)
    return pieces, False
