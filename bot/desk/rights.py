"""Who may, asked live: the role from GitHub, the rules from the default branch, the verdict written down."""

from __future__ import annotations

from dataclasses import dataclass

from bot.desk.model import Desk
from bot.ids import Person, Place
from bot.ledger.audit import AuditLine
from bot.policy import Came, Denial, Grant, permit
from bot.ports import Role
from bot.rules import FILE, Rules, effective
from bot.verbs.model import Verb

ORGANISATION = ".github"  # the repository whose file holds for all of its owner's


@dataclass(frozen=True)
class Request:
    """Somebody wants to do a verb somewhere."""

    verb: Verb
    person: Person
    place: Place
    number: int
    came: Came = Came.GITHUB


def rules_of(desk: Desk, place: Place) -> Rules:
    """The effective configuration. UserError, with line and key, when a file cannot be used."""
    repository = desk.code.read(place, FILE)
    is_the_owners = place.repo.name == ORGANISATION  # one file is not two
    organisation = None if is_the_owners else desk.code.read_organisation(place, FILE)
    return effective(repository, organisation, desk.server, repo=place.repo)


def decide(desk: Desk, request: Request, rules: Rules) -> Grant | Denial:
    """The verdict, in the audit. Hiccup when GitHub does not tell the role: nothing is allowed then."""
    role = role_of(desk, request.place, request.person)
    verdict = permit(request.verb, request.person, role, rules)
    word = "refused" if isinstance(verdict, Denial) else "allowed"
    _write_down(desk, request, word, verdict.reason)
    return verdict


def role_of(desk: Desk, place: Place, person: Person) -> Role:
    """Live. An App has no role in a repository: the server's list of ids stands for `write`."""
    if person.app_id is not None:
        return Role.WRITE if person.app_id in desk.server.policy.bots else Role.NONE
    return desk.permissions.role(place, person.login)


def refuse_plan(desk: Desk, request: Request, why: str) -> None:
    """The person may, but not what they wrote: who tried what is in the audit, too."""
    _write_down(desk, request, "refused", why)


def end_in_budget(desk: Desk, request: Request, why: str) -> None:
    """The person may, but there is nothing left to pay a model with."""
    _write_down(desk, request, "budget_exhausted", why)


def _write_down(desk: Desk, request: Request, verdict: str, reason: str) -> None:
    what = request.verb.name if request.came is Came.GITHUB else f"{request.verb.name} by {request.came}"
    desk.ledger.audit.write(
        AuditLine(
            at=desk.clock.now(),
            actor=request.person.login,
            actor_id=request.person.id,
            place=str(request.place.repo),
            number=request.number,
            what=what,
            verdict=verdict,
            reason=reason,
        )
    )
