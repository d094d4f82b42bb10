"""`/agent status [run]`: how the latest run here, or the named one, is doing."""

from __future__ import annotations

import re

from bot.ids import RunId
from bot.ports import Role
from bot.reports import replies
from bot.runs import Run
from bot.verbs.model import Asked, Facts, Reply, Verb

_RUN_ID = re.compile(r"[0-9a-hjkmnp-tv-z]{10}\Z", re.ASCII)


def _answer(asked: Asked, facts: Facts) -> Reply:
    name = asked.ask.words.strip().strip("`").lower()
    run = named(name, asked, facts) if name else facts.latest_run(asked.place, asked.number)
    if run is None:
        return Reply(
            replies.no_such_run(name) if name else replies.no_run_yet(asked.number, on_pull=asked.on_pull)
        )
    return Reply(replies.status(run, page_url=facts.page(run), outlook=facts.outlook(run)))


def named(name: str, asked: Asked, facts: Facts) -> Run | None:
    """The run of this name, if it is one of this repository."""
    run = facts.run(RunId(name)) if _RUN_ID.match(name) else None
    # A run of another repository does not exist for whoever asks here.
    return run if run is not None and run.target.place.repo_id == asked.place.repo_id else None


STATUS = Verb(
    name="status",
    usage="/agent status [run]",
    summary="Tells how the latest run here, or the named one, is doing.",
    example="/agent status",
    needs=Role.READ,
    answer=_answer,
)
