"""What somebody may choose from: repositories that they can use, and the open pull requests of one."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from bot.chat.model import ChatUser
from bot.desk.chat.knowing import login_lately, role_lately
from bot.desk.model import Desk
from bot.ids import Place, Repo
from bot.ports import PullTitle, Role, Whereabouts
from bot.rules import served

MOST = 20
ASKED_AT_ONCE = 8
ENOUGH_S = 1.5  # for asking who may what; Slack waits for three seconds


def repositories_for(desk: Desk, user: ChatUser, query: str, *, needs: Role) -> list[str]:
    """Names of those in which they have this role, at most twenty, the best match with what they typed first.

    Roles are asked for until there are enough or it takes too long; they are remembered, so that the next
    question comes further.
    """
    link = desk.ledger.links.of(user)
    if link is None:
        return []
    matching = [each for each in _repositories(desk) if query.lower() in str(each.place.repo).lower()]
    found = sorted(
        matching or _named(desk, query), key=lambda each: _distance(each.place.repo, query.lower())
    )
    there = [each.place for each in found if served(each.place.repo, desk.server)]
    return [str(place.repo) for place in _usable(desk, link.person.id, there, needs)]


def pulls_for(desk: Desk, user: ChatUser, repository: str, query: str, *, needs: Role) -> list[PullTitle]:
    """The open pull requests of this very repository, if they have this role in it."""
    link = desk.ledger.links.of(user)
    known = [each for each in _repositories(desk) if str(each.place.repo).lower() == repository.lower()]
    there = [each.place for each in known or _named(desk, repository) if served(each.place.repo, desk.server)]
    if link is None or not _usable(desk, link.person.id, there, needs):
        return []
    wanted = query.lower().lstrip("#")
    pulls = desk.catalogue.pulls(there[0])
    return [pull for pull in pulls if wanted in f"{pull.number} {pull.title}".lower()][:MOST]


def _distance(repo: Repo, query: str) -> tuple[bool, bool, str]:
    """What is called so comes first, then what begins so, then what has it in it."""
    name, whole = repo.name.lower(), str(repo).lower()
    return query not in (name, whole), not (name.startswith(query) or whole.startswith(query)), whole


def _named(desk: Desk, query: str) -> list[Whereabouts]:
    """A repository that is so new that no list has it is found by its whole name."""
    if query.count("/") != 1 or not all(query.split("/")):
        return []
    found = desk.catalogue.named(Repo(*query.split("/")))
    return [] if found is None else [found]


def _repositories(desk: Desk) -> Sequence[Whereabouts]:
    return desk.remembered.recall("repositories", lambda: tuple(desk.catalogue.repositories()))


def _usable(desk: Desk, person: int, places: Sequence[Place], needs: Role) -> list[Place]:
    """The first of them in which this account has the role, in their order."""
    if not places:
        return []
    until = time.monotonic() + ENOUGH_S
    if login_lately(desk, places[0].installation, person) is None:
        return []
    usable: list[Place] = []
    pool = ThreadPoolExecutor(ASKED_AT_ONCE, "choosing")
    try:
        for first in range(0, len(places), ASKED_AT_ONCE):
            if len(usable) >= MOST or time.monotonic() >= until:
                break
            some = places[first : first + ASKED_AT_ONCE]
            roles = [pool.submit(role_lately, desk, place, person) for place in some]
            found = zip(some, roles, strict=True)
            usable += [place for place, role in found if _by(until, role).at_least(needs)]
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return usable[:MOST]


def _by(until: float, role: Future[Role]) -> Role:
    try:
        return role.result(timeout=max(until - time.monotonic(), 0))
    except TimeoutError:
        return Role.NONE
