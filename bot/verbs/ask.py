"""`/agent ask <question>`: an answer in words about the repository, the pull request or its latest run."""

from __future__ import annotations

from bot.errors import UserError
from bot.ports import Role
from bot.reports import planned as told
from bot.verbs.model import Asked, Facts, Reply, Verb


def _answer(asked: Asked, facts: Facts) -> Reply:
    if not (asked.ask.words or asked.ask.text):
        raise UserError(told.no_question(ASK.example))
    if facts.thinker is None:
        raise UserError(told.nobody_to_ask())
    return Reply(told.answered(facts.thinker.answer(asked)))


ASK = Verb(
    name="ask",
    usage="/agent ask <question>",
    summary="Answers a question about the code, the pull request or its latest run. Changes nothing.",
    example="/agent ask Which tests does CI run?",
    needs=Role.READ,
    answer=_answer,
)
