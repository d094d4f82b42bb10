"""`/agent help [verb]`: the verbs that this person may use, or one of them; and an answer to typos."""

from __future__ import annotations

from collections.abc import Mapping

from bot import plainly
from bot.policy import Grant, needed_role, permit
from bot.ports import Role
from bot.reports import replies
from bot.verbs.model import Asked, Facts, Reply, Verb


def make(others: Mapping[str, Verb]) -> Verb:
    """The verb `help`, which knows the other verbs and itself."""

    def answer(asked: Asked, facts: Facts) -> Reply:  # noqa: ARG001  # every verb is given the facts
        if asked.ask.problem:
            return Reply(asked.ask.problem)
        usable = [each for each in (*others.values(), verb) if _may_use(each, asked)]
        named = asked.ask.words.split()
        if asked.ask.verb == verb.name and named:
            chosen = next((each for each in usable if each.name == named[0].lower()), None)
            if chosen:
                return Reply(replies.help_with(chosen, needs=needed_role(chosen, asked.rules)))
        unknown = _unknown(asked)
        if not unknown:
            return Reply(replies.help_text(usable))
        return Reply(replies.not_a_verb(unknown, plainly.nearest(unknown, [each.name for each in usable])))

    def _unknown(asked: Asked) -> str:
        word = asked.ask.verb if asked.ask.verb != verb.name else (asked.ask.words.split() or [""])[0]
        return "" if word == verb.name else word

    verb = Verb(
        name="help",
        usage="/agent help [verb]",
        summary="Tells what I can do for you here, or how to use one verb.",
        example="/agent help run",
        needs=Role.READ,
        answer=answer,
    )
    return verb


def _may_use(verb: Verb, asked: Asked) -> bool:
    return isinstance(permit(verb, asked.person, asked.grant.role, asked.rules), Grant)
