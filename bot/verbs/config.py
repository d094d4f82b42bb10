"""`/agent config`: the effective configuration of this repository, and where each value came from."""

from __future__ import annotations

from bot.ports import Role
from bot.reports import replies
from bot.verbs.model import Asked, Facts, Reply, Verb


def _answer(asked: Asked, facts: Facts) -> Reply:  # noqa: ARG001  # every verb is given the facts
    return Reply(replies.configuration(asked.rules))


CONFIG = Verb(
    name="config",
    usage="/agent config",
    summary="Shows the configuration that holds in this repository, and where each value came from.",
    example="/agent config",
    needs=Role.READ,
    answer=_answer,
)
