"""The words of a reply: what the scripted model says to a question."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from playground.model.obedience import actions_in
from playground.model.script import Json, Reply, Words, prompt_of, told_by_others

PLACE = '"$actions"'  # in the frame of an obedient answer


def said(reply: Reply, question: Json) -> str:
    return _SPEECHES[reply.words](reply, question)


def _steps(reply: Reply, _: Json) -> str:
    action = {
        "action_type": "run_command",
        "parameters": {"command": "true"},
        "step_description": "Do nothing",
        "depends_on": [],
    }
    return reply.text.replace(PLACE, json.dumps([action] * reply.count))


def _obedient(reply: Reply, question: Json) -> str:
    return reply.text.replace(PLACE, json.dumps(actions_in(told_by_others(question))))


_SPEECHES: Mapping[Words, Callable[[Reply, Json], str]] = {
    Words.TEXT: lambda reply, _: reply.text,
    Words.PROMPT: lambda _, question: prompt_of(question),
    Words.STEPS: _steps,
    Words.OBEDIENT: _obedient,
}
