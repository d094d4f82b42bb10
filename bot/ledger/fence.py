"""The fence: a worker whose epoch is over can change nothing."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, bindparam, func, insert, select, update

from bot.errors import AgentError
from bot.ids import RunId
from bot.journal import EntryKind
from bot.ledger.packing import pack
from bot.ledger.schema import journal, runs
from bot.runs import OPEN

# Made once: to put a statement together takes as long as all that SQLite does with it.
_TOUCH = (
    update(runs)
    .where(
        runs.c.id == bindparam("this_run"), runs.c.epoch == bindparam("this_epoch"), runs.c.state.in_(OPEN)
    )
    .values(version=runs.c.version + 1)
)
_LAST = select(func.coalesce(func.max(journal.c.seq), 0)).where(journal.c.run == bindparam("this_run"))
_WRITE = insert(journal)


class FencedError(AgentError):
    """Somebody else owns the run now, or it has ended. Stop, and change nothing."""


class CancelledError(AgentError):
    """Somebody cancelled the run before it could end otherwise. `by` is who."""

    def __init__(self, by: str) -> None:
        super().__init__(f"The run was cancelled by {by}.")
        self.by = by


def refuse_if_cancelled(connection: Connection, run: RunId) -> None:
    """After `touch`, where a run would end well: whoever was told that it is cancelled was told the truth."""
    by = connection.execute(select(runs.c.cancelled_by).where(runs.c.id == run)).scalar_one()
    if by:
        raise CancelledError(by)


def touch(connection: Connection, run: RunId, epoch: int, **values: object) -> None:
    """Change columns of an open run and raise its version, if `epoch` is still the current one."""
    touching = _TOUCH.values(**values) if values else _TOUCH
    changed = connection.execute(touching, {"this_run": run, "this_epoch": epoch})
    if changed.rowcount != 1:
        raise FencedError(f"Run {run} is not ours any more: epoch {epoch} is over or the run has ended.")


def supersede(connection: Connection, run: RunId, epoch: int, **values: object) -> None:
    """The same, and a new epoch begins: whoever held the old one can change nothing from now on."""
    touch(connection, run, epoch, **values)
    connection.execute(update(runs).where(runs.c.id == run).values(epoch=epoch + 1))


def write_down(
    connection: Connection, run: RunId, at: datetime, *entries: tuple[EntryKind, int | None, str]
) -> None:
    """Append to the journal under the next numbers, inside the caller's transaction."""
    last = connection.execute(_LAST, {"this_run": run}).scalar_one()
    rows = [
        {"run": run, "seq": last + offset, "at": at, "kind": str(kind), "step": step, **pack(text)}
        for offset, (kind, step, text) in enumerate(entries, start=1)
    ]
    if rows:
        connection.execute(_WRITE, rows)
