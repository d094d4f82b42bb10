"""What guardrails mean for a conversation with a model: no secret goes in or comes out, and whatever in it
speaks to agents is told to people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot import secrets
from bot.errors import UserError
from bot.guardrails import Kind, Passage, heard, said
from bot.planning.context import Part, Shown, Trust
from bot.planning.model import Told
from bot.reports import planned as told

MOST_TOLD = 5  # findings: who has read these looks for themselves
FORGE = frozenset({"github.com"})
_ANYWHERE = frozenset({"secrets", "size"})  # a part is cut to its size, and its secrets are left out


def refuse_secrets(words: str) -> None:
    """UserError when somebody wrote one into a command: it is in the comment, but goes no further."""
    found = next(secrets.find(words.encode("utf-8", "replace")), None)
    if found is not None:
        raise UserError(told.secret_in_words(found.kind))


def without_secrets(parts: Sequence[Part]) -> tuple[Part, ...]:
    """The same parts, line for line, with what holds a secret left out."""
    return tuple(replace(part, text=_without(part.text)) for part in parts)


def _without(text: str) -> str:
    content = text.encode("utf-8", "replace")
    lines = text.split("\n")
    for found in secrets.find(content):
        first = content.count(b"\n", 0, found.at)
        for number in range(first, _end(lines, first, found.kind) + 1):
            lines[number] = told.LEFT_OUT
    return "\n".join(lines)


def _end(lines: Sequence[str], first: int, kind: str) -> int:
    """The last line of it: only a private key has several."""
    if kind != "a private key":
        return first
    ends = (number for number in range(first, len(lines)) if "-----END" in lines[number])
    return next(ends, len(lines) - 1)


def warnings(shown: Sequence[Shown]) -> tuple[str, ...]:
    """A sentence for each thing in what others wrote that speaks to a model instead of to people."""
    findings = (
        finding
        for each in shown
        if each.part.trust is Trust.ANYBODY
        for finding in heard(Passage(Kind.FILE, each.text, each.part.name))
        if finding.check not in _ANYWHERE
    )
    sentences = dict.fromkeys(told.flagged(each.where, each.sentence) for each in findings)
    return tuple(sentences)[:MOST_TOLD]


def holds_secret(text: str) -> bool:
    """Of what a model wrote and we would show."""
    return next(secrets.find(text.encode("utf-8", "replace")), None) is not None


def looked_over(answer: Told) -> Told:
    """The answer with what there is to say of it. UserError when it holds a secret: that one is not shown."""
    findings = said(Passage(Kind.OURS, answer.text, "the answer", FORGE))
    if any(each.check == "secrets" for each in findings):
        raise UserError(told.secret_in_answer())
    notes = dict.fromkeys(each.sentence for each in findings)
    return replace(answer, notes=tuple(notes)[:MOST_TOLD])
