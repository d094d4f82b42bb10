"""Locks that people hold: taken, renewed by whoever holds them, given back, gone when their time is over."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, Engine, delete, insert

from bot.ledger.engine import reading, writing
from bot.ledger.schema import locks
from bot.ledger.standing import held_locks, one_at_a_time
from bot.locks import Lock, written


class Locks:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def take(self, wanted: Lock) -> Lock | None:
        """Write it down from its `taken_at`; the same person's again is renewed. Who was before us, or None.

        What is returned is the lock that was there and counts: the same person's was renewed, another one's
        stays as it is.
        """
        if wanted.held is None:
            raise ValueError("A lock is taken by somebody.")
        with writing(self._engine) as connection:
            one_at_a_time(connection)
            there = _there(connection, wanted.repo_id, wanted.name, wanted.taken_at)
            if there is not None and there.blocks(wanted.held.person.id, wanted.taken_at):
                return there
            _remove(connection, wanted.repo_id, wanted.name)
            connection.execute(
                insert(locks).values(
                    repo_id=wanted.repo_id,
                    name=wanted.name,
                    held=written(wanted.held),
                    taken_at=wanted.taken_at if there is None else there.taken_at,
                    until=wanted.until,
                )
            )
            return there

    def release(self, lock: Lock) -> None:
        """Give this one back; one that somebody took meanwhile stays."""
        with writing(self._engine) as connection:
            one_at_a_time(connection)
            there = _there(connection, lock.repo_id, lock.name, lock.taken_at)
            if there == lock:
                _remove(connection, lock.repo_id, lock.name)

    def of(self, repo_id: int, now: datetime) -> tuple[Lock, ...]:
        """Those of a repository that count, by name."""
        with reading(self._engine) as connection:
            return tuple(lock for lock in held_locks(connection, repo_id) if lock.counts(now))


def _there(connection: Connection, repo_id: int, name: str, now: datetime) -> Lock | None:
    found = (lock for lock in held_locks(connection, repo_id) if lock.name == name)
    return next((lock for lock in found if lock.counts(now)), None)


def _remove(connection: Connection, repo_id: int, name: str) -> None:
    connection.execute(delete(locks).where(locks.c.repo_id == repo_id, locks.c.name == name))
