"""How often somebody may ask: counted before GitHub is asked anything, told once, then left alone."""

from __future__ import annotations

import hashlib

import structlog

from bot.chat.model import ChatUser
from bot.desk.model import Desk
from bot.ids import Person, Place
from bot.ledger.asked import Counted
from bot.reports import refusals
from bot.restraint import ALWAYS_WELCOME, Scope, Welcome
from bot.verbs.model import Verb

log = structlog.get_logger(__name__)

DROPPED = "not followed, because too much was asked in a short time."


def of_person(desk: Desk, verb: Verb, person: Person, *, key: str) -> Welcome:
    """Whether this person may ask for more now, in whatever repository."""
    return _welcome(desk, verb, Counted(key, Scope.PERSON, person.id))


def of_repository(desk: Desk, verb: Verb, place: Place, *, key: str) -> Welcome:
    """Whether more may be asked for in this repository now. Counts only those who may ask at all."""
    return _welcome(desk, verb, Counted(key, Scope.REPOSITORY, place.repo_id))


def of_member(desk: Desk, user: ChatUser, *, key: str) -> Welcome:
    """Whether a member of a chat is answered once more now, whoever they are on GitHub, if anybody."""
    whose = -int.from_bytes(
        hashlib.sha256(f"{user.team}/{user.id}".encode()).digest()[:7]
    )  # no account has it
    return desk.ledger.asked.welcome(
        Counted(key, Scope.PERSON, whose), desk.server.restraint(), desk.clock.now()
    )


def too_much(desk: Desk, scope: Scope) -> str:
    """What is said, once in a window."""
    restraint = desk.server.restraint()
    most = {Scope.PERSON: restraint.person_commands, Scope.REPOSITORY: restraint.repository_commands}[scope]
    words = {Scope.PERSON: refusals.person_asks_too_much, Scope.REPOSITORY: refusals.repository_asks_too_much}
    return words[scope](most, restraint.window_minutes)


def forget_old(desk: Desk) -> None:
    """What nothing looks back at any more."""
    now = desk.clock.now()
    desk.ledger.asked.forget_old(now)
    desk.ledger.said.forget_old(now)
    desk.ledger.api_requests.forget_old(now)
    desk.ledger.links.forget_old(now)


def _welcome(desk: Desk, verb: Verb, command: Counted) -> Welcome:
    if verb.name in ALWAYS_WELCOME:
        return Welcome.FOLLOWED
    outcome = desk.ledger.asked.welcome(command, desk.server.restraint(), desk.clock.now())
    if outcome is not Welcome.FOLLOWED:
        log.info("command.too_much", scope=command.scope, whose=command.whose, outcome=outcome)
    return outcome
