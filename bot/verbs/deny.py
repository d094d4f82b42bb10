"""`/agent deny <run> <why>`: a run that waits for an approval shall not go on, and its report says why."""

from __future__ import annotations

from bot.errors import UserError
from bot.ports import Role
from bot.reports import gates, replies
from bot.verbs.model import Asked, Deny, Facts, Reply, Verb
from bot.verbs.status import named

MAX_WHY = 300  # characters


def _answer(asked: Asked, facts: Facts) -> Deny | Reply:
    name, _, why = asked.ask.words.strip().partition(" ")
    if not name:
        raise UserError(gates.name_one_run("deny"))
    run = named(name.strip("`").lower(), asked, facts)
    if run is None:
        return Reply(replies.no_such_run(name))
    return Deny(run, " ".join(why.split())[:MAX_WHY])


DENY = Verb(
    name="deny",
    usage="/agent deny <run> <why>",
    summary="Ends a run that waits for an approval, with the reason.",
    example="/agent deny k3v9x2m4ab not before the release",
    needs=Role.WRITE,
    answer=_answer,
)
