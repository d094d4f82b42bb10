"""`/agent plan <plan>`: shows how a plan is understood, or made of words; runs nothing."""

from __future__ import annotations

from bot.ports import Role
from bot.verbs.model import Asked, Facts, Show, Verb
from bot.verbs.run import thought, understood


def _answer(asked: Asked, facts: Facts) -> Show:
    return Show(understood(asked, facts) or thought(asked, facts))


PLAN = Verb(
    name="plan",
    usage="/agent plan <plan>",
    summary="Shows what `run` would do with a plan or your words, and an id to run it by. Runs nothing.",
    example="/agent plan `pytest -q`",
    needs=Role.READ,
    answer=_answer,
)
