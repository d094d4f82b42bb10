"""Guardrails: small named checks over what we hear and what we say. They tell; others decide."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice

from bot.guardrails import (
    hidden_comments,
    hidden_text,
    links,
    orders,
    private_data,
    roles,
    secrets,
    size,
    spam,
    tool_calls,
)
from bot.guardrails.model import Finding, Guard, Kind, Passage, Side

__all__ = ["GUARDS", "Finding", "Kind", "Passage", "heard", "said"]

MOST = 10  # findings of one check in one text: who has read these looks for themselves
_HEARD, _SAID = frozenset({Side.HEARD}), frozenset({Side.SAID})

GUARDS: Mapping[str, Guard] = {
    "secrets": Guard(_HEARD | _SAID, "What looks like a token or a private key.", secrets.look),
    "size": Guard(_HEARD, "More text than a person would write there, or a model should read.", size.look),
    "orders": Guard(_HEARD, "Words that tell an agent to forget its rules or to be another.", orders.look),
    "roles": Guard(_HEARD, "Marks by which a conversation with a model is told apart.", roles.look),
    "tool_calls": Guard(_HEARD, "What looks like a model's call of a tool, or the answer.", tool_calls.look),
    "hidden_text": Guard(_HEARD, "Characters that a model reads and people do not see.", hidden_text.look),
    "hidden_comments": Guard(_HEARD, "Orders where GitHub shows nothing.", hidden_comments.look),
    "private_data": Guard(_SAID, "E-mail addresses, card numbers, bank accounts.", private_data.look),
    "spam": Guard(_SAID, "The same again and again, or a crowd that is called.", spam.look),
    "links": Guard(_SAID, "Links to hosts that nobody has allowed.", links.look),
}


def heard(passage: Passage) -> tuple[Finding, ...]:
    """What there is to say of an untrusted text, in the order of the table."""
    return _findings(passage, Side.HEARD)


def said(passage: Passage) -> tuple[Finding, ...]:
    """What there is to say of a text that we are about to say."""
    return _findings(passage, Side.SAID)


def _findings(passage: Passage, side: Side) -> tuple[Finding, ...]:
    return tuple(
        Finding(name, hit.sentence, f"{passage.where} line {hit.line}" if hit.line else passage.where)
        for name, guard in GUARDS.items()
        if side in guard.sides
        for hit in islice(guard.look(passage), MOST)
    )
