"""`/agent approve <run> [digest]`: lets a parked run go on, for exactly what was shown.

One run at a time, named in full, in a comment of its own: nothing is approved in passing.
"""

from __future__ import annotations

from bot.errors import UserError
from bot.ports import Role
from bot.reports import gates, replies
from bot.verbs.model import Approve, Asked, Facts, Reply, Verb
from bot.verbs.status import named


def _answer(asked: Asked, facts: Facts) -> Approve | Reply:
    if asked.edited:
        raise UserError(gates.edits_never_approve())
    words = [word.strip("`") for word in asked.ask.words.split()]
    if not 1 <= len(words) <= 2:
        raise UserError(gates.name_one_run("approve"))
    run = named(words[0].lower(), asked, facts)
    if run is None:
        return Reply(replies.no_such_run(words[0]))
    return Approve(run, words[1] if len(words) == 2 else "")


APPROVE = Verb(
    name="approve",
    usage="/agent approve <run> [digest]",
    summary="Lets a run go on that waits for an approval; somebody else than who asked for it has to.",
    example="/agent approve k3v9x2m4ab",
    needs=Role.WRITE,
    answer=_answer,
)
