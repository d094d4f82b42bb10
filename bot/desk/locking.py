"""Taking a lock for somebody and giving it back; whoever waited for it is reminded."""

from __future__ import annotations

from bot.desk.model import Desk
from bot.desk.waiting import look_at_places
from bot.locks import Holder, Lock
from bot.reports import locks as told
from bot.runs import NOT_BEGUN
from bot.verbs.model import Asked, TakeLock


def take_lock(desk: Desk, asked: Asked, answer: TakeLock) -> str:
    """What there is to say. The same person's lock is renewed, so asking twice does no harm."""
    now = desk.clock.now()
    holder = Holder(asked.person, asked.number, answer.reason)
    wanted = Lock(asked.place.repo_id, answer.name, holder, now, now + answer.span)
    there = desk.ledger.locks.take(wanted)
    look_at_places(desk)
    if there is None:
        busy = (run for run in desk.environment_runs(asked.place) if run.state not in NOT_BEGUN)
        running = next((run for run in busy if run.plan.environment == answer.name), None)
        return told.taken(wanted, running)
    if there.blocks(asked.person.id, now):
        return told.held_by_another(there)
    return told.renewed(wanted)


def release_lock(desk: Desk, asked: Asked, lock: Lock) -> str:
    desk.ledger.locks.release(lock)
    desk.room()
    look_at_places(desk)
    return told.released(lock, asked.person.login)
