"""`/agent explain [run]`: which rule allowed, denied or parked each step of a run, and what it looked at."""

from __future__ import annotations

from bot.ports import Role
from bot.reports import replies
from bot.reports.explaining import explained
from bot.verbs.model import Asked, Facts, Reply, Verb
from bot.verbs.status import named


def _answer(asked: Asked, facts: Facts) -> Reply:
    name = asked.ask.words.strip().strip("`").lower()
    run = named(name, asked, facts) if name else facts.latest_run(asked.place, asked.number)
    if run is None:
        return Reply(
            replies.no_such_run(name) if name else replies.no_run_yet(asked.number, on_pull=asked.on_pull)
        )
    return Reply(explained(run, facts.judgement(run)))


EXPLAIN = Verb(
    name="explain",
    usage="/agent explain [run]",
    summary="Tells which rule allowed, denied or parked each step of a run, and what it looked at.",
    example="/agent explain",
    needs=Role.READ,
    answer=_answer,
)
