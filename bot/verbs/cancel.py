"""`/agent cancel [run|all]`: ends the latest run here, the named one, or all that are open here."""

from __future__ import annotations

from bot.ports import Role
from bot.reports import replies
from bot.runs import CANCELLABLE, Run
from bot.verbs.model import Asked, Cancel, Facts, Reply, Verb
from bot.verbs.status import named


def _answer(asked: Asked, facts: Facts) -> Cancel | Reply:
    name = asked.ask.words.strip().strip("`").lower()
    if name == "all":
        runs = facts.open_runs(asked.place, asked.number)
    else:
        run = named(name, asked, facts) if name else _newest(asked, facts)
        if run is None:
            return Reply(replies.no_such_run(name) if name else replies.nothing_to_cancel())
        runs = (run,)
    return Cancel(tuple(run.id for run in runs)) if runs else Reply(replies.nothing_to_cancel())


def _newest(asked: Asked, facts: Facts) -> Run | None:
    """The newest run here that can still be cancelled, else the newest, so that its end can be told."""
    open_runs = [run for run in facts.open_runs(asked.place, asked.number) if run.state in CANCELLABLE]
    return open_runs[-1] if open_runs else facts.latest_run(asked.place, asked.number)


CANCEL = Verb(
    name="cancel",
    usage="/agent cancel [run|all]",
    summary="Ends the latest run here, the named one, or all of them; what they did so far is kept.",
    example="/agent cancel",
    needs=Role.WRITE,
    answer=_answer,
)
