"""What somebody may choose from: repositories that they can use, and the open pull requests of one."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from bot.chat.model import ChatUser
from bot.desk.model import Desk
from bot.desk.remembering import FRESH_S
from bot.errors import AgentError
from bot.ids import Login, Place, Repo
from bot.ports import PullTitle, Role, Whereabouts
from bot.rules import served

MOST = 20
ASKED_AT_ONCE = 8


def repositories_for(desk: Desk, user: ChatUser, query: str) -> list[str]:
    """Names of those in which they may begin something, at most twenty, by what they typed of the name."""
    return [str(place.repo) for place in _places_for(desk, user, query)]


def pulls_for(desk: Desk, user: ChatUser, repository: str, query: str) -> list[PullTitle]:
    """The open pull requests of a repository that they may use; none of any other."""
    places = [place for place in _places_for(desk, user, repository) if str(place.repo) == repository]
    wanted = query.lower().lstrip("#")
    found = [pull for place in places for pull in desk.catalogue.pulls(place)]
    return [pull for pull in found if wanted in f"{pull.number} {pull.title}".lower()][:MOST]


def _places_for(desk: Desk, user: ChatUser, query: str) -> list[Place]:
    link = desk.ledger.links.of(user)
    if link is None:
        return []
    known = [each for each in _repositories(desk) if query.lower() in str(each.place.repo).lower()]
    there = [each.place for each in known or _named(desk, query) if served(each.place.repo, desk.server)]
    there = there[: MOST * 2]
    if not there:
        return []
    login = desk.directory.login(there[0].installation, link.person.id)
    if login is None:
        return []
    with ThreadPoolExecutor(ASKED_AT_ONCE, "choosing") as pool:
        roles = list(pool.map(lambda place: _role(desk, place, link.person.id, login), there))
    may = [place for place, role in zip(there, roles, strict=True) if role.at_least(Role.WRITE)]
    return may[:MOST]


def _named(desk: Desk, query: str) -> list[Whereabouts]:
    """A repository that is so new that no list has it is found by its whole name."""
    if query.count("/") != 1 or not all(query.split("/")):
        return []
    found = desk.catalogue.named(Repo(*query.split("/")))
    return [] if found is None else [found]


def _repositories(desk: Desk) -> Sequence[Whereabouts]:
    known = desk.remembered
    if time.monotonic() - known.looked_at >= FRESH_S:
        known.repositories, known.looked_at = tuple(desk.catalogue.repositories()), time.monotonic()
    return known.repositories


def _role(desk: Desk, place: Place, person: int, login: Login) -> Role:
    known = desk.remembered.roles
    at, role = known.get((place.repo_id, person), (-FRESH_S, Role.NONE))
    if time.monotonic() - at < FRESH_S:
        return role
    try:
        role = desk.permissions.role(place, login)
    except AgentError:
        return Role.NONE
    if len(known) > 10_000:
        known.clear()
    known[place.repo_id, person] = (time.monotonic(), role)
    return role
