"""Whether somebody may do something now: they have the right, and it is not too much."""

from __future__ import annotations

from bot.desk.model import Desk
from bot.desk.restraining import of_repository, too_much
from bot.desk.rights import Request, decide
from bot.errors import UserError
from bot.policy import Denial, Grant
from bot.restraint import Scope, Welcome
from bot.rules import Rules


def permitted(desk: Desk, request: Request, rules: Rules, *, welcome: Welcome, key: str) -> Grant:
    """UserError for who may not, and for who asks for too much."""
    verdict = decide(desk, request, rules)
    if isinstance(verdict, Denial):
        raise UserError(verdict.reason)
    if welcome is not Welcome.FOLLOWED:
        raise UserError(too_much(desk, Scope.PERSON))
    if of_repository(desk, request.verb, request.place, key=key) is not Welcome.FOLLOWED:
        raise UserError(too_much(desk, Scope.REPOSITORY))
    return verdict
