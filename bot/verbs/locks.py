"""`/agent locks`: which environments are held here, by whom, until when, and who waits for them."""

from __future__ import annotations

from bot.ports import Role
from bot.reports import locks as told
from bot.verbs.model import Asked, Facts, Reply, Verb


def _answer(asked: Asked, facts: Facts) -> Reply:
    return Reply(told.listing(facts.locks(asked.place), facts.environment_runs(asked.place), page=facts.page))


LOCKS = Verb(
    name="locks",
    usage="/agent locks",
    summary="Shows who holds which environment, until when and why, and which runs wait at which position.",
    example="/agent locks",
    needs=Role.READ,
    answer=_answer,
)
