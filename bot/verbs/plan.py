"""`/agent plan <plan>`: shows how a plan was understood: steps, digest, canonical form; runs nothing."""

from __future__ import annotations

from bot.ports import Role
from bot.reports import replies
from bot.verbs.model import Asked, Facts, Reply, Verb
from bot.verbs.run import planned


def _answer(asked: Asked, facts: Facts) -> Reply:  # noqa: ARG001  # every verb is given the facts
    return Reply(replies.shown_plan(planned(asked)))


PLAN = Verb(
    name="plan",
    usage="/agent plan <plan>",
    summary="Shows what `run` would do with a plan: its steps, its digest, its canonical form. Runs nothing.",
    example="/agent plan `pytest -q`",
    needs=Role.READ,
    answer=_answer,
)
