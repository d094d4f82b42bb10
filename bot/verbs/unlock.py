"""`/agent unlock <name>`: gives a lock back; somebody else's only with the role `maintain`."""

from __future__ import annotations

from bot.errors import UserError
from bot.locks import lock_name
from bot.ports import Role
from bot.reading.options import options
from bot.reports import locks as told
from bot.verbs.model import Asked, Facts, ReleaseLock, Reply, Verb


def _answer(asked: Asked, facts: Facts) -> ReleaseLock | Reply:
    word, _ = options(asked.ask.words, ())
    if not word:
        raise UserError(told.name_is_missing(UNLOCK.example))
    name = lock_name(word)
    lock = next((lock for lock in facts.locks(asked.place) if lock.name == name), None)
    if lock is None:
        return Reply(told.not_locked(name))
    mine = lock.held is not None and lock.held.person.id == asked.person.id
    if not mine and not asked.grant.role.at_least(Role.MAINTAIN):
        return Reply(told.not_yours(lock))
    return ReleaseLock(lock)


UNLOCK = Verb(
    name="unlock",
    usage="/agent unlock <name>",
    summary="Gives a lock back. Somebody else's can be taken away by people with the role `maintain`.",
    example="/agent unlock production",
    needs=Role.WRITE,
    answer=_answer,
)
