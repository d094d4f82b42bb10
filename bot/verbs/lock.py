"""`/agent lock <name> --reason <why> [--for 2h]`: keeps the runs of others from an environment."""

from __future__ import annotations

import re
from datetime import timedelta

from bot.errors import UserError
from bot.locks import LONGEST, MAX_REASON, USUAL, lock_name
from bot.ports import Role
from bot.reading.options import options
from bot.reports import locks as told
from bot.verbs.model import Asked, Facts, TakeLock, Verb

_SPAN = re.compile(r"(\d{1,4}) ?(m|min|minutes?|h|hours?|d|days?)", re.ASCII | re.IGNORECASE)
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


def _answer(asked: Asked, facts: Facts) -> TakeLock:  # noqa: ARG001  # every verb is given the facts
    name, chosen = options(asked.ask.words, ("reason", "for"))
    if not name:
        raise UserError(told.name_is_missing(LOCK.example))
    reason = " ".join(chosen.get("reason", "").split())
    if not reason:
        raise UserError(told.reason_is_missing(LOCK.example))
    if len(reason) > MAX_REASON:
        raise UserError(told.reason_is_too_long(MAX_REASON))
    return TakeLock(lock_name(name), reason, _span(chosen["for"]) if "for" in chosen else USUAL)


def _span(text: str) -> timedelta:
    found = _SPAN.fullmatch(text)
    span = int(found[1]) * _UNITS[found[2][0].lower()] if found else timedelta(0)
    if not timedelta(0) < span <= LONGEST:
        raise UserError(told.span_is_wrong(text))
    return span


LOCK = Verb(
    name="lock",
    usage="/agent lock <name> --reason <why> [--for 2h]",
    summary="Keeps other people's runs of an environment waiting, for 8 hours unless you say how long; "
    "asked again, it is renewed.",
    example='/agent lock production --reason "The release goes out" --for 2h',
    needs=Role.WRITE,
    answer=_answer,
)
