"""Who somebody in a chat is: a full member of a workspace that has us, linked with an account on GitHub.

What a person is called in a chat, or their e-mail address, says nothing here.
"""

from __future__ import annotations

from dataclasses import replace

from bot.chat.model import ChatUser, Link, Workspace
from bot.desk.chat.telling import Asker
from bot.desk.model import Desk
from bot.errors import AgentError, UserError
from bot.ids import InstallationId, Login, Person, Place
from bot.ledger.audit import AuditLine
from bot.ports import Role
from bot.reports import chat as words


class Unwelcome(UserError):
    """They may not ask us anything here. In the audit is who tried."""


class Unlinked(Unwelcome):
    """They may, as soon as they show who they are on GitHub."""


def workspace_of(desk: Desk, asker: Asker, home: str) -> Workspace:
    """The workspace in which somebody asks, if they are at home there. Unwelcome otherwise."""
    workspace = desk.ledger.workspaces.of(asker.user.team)
    if workspace is None or workspace.revoked_at is not None:
        raise refused(desk, asker, Unwelcome(words.not_installed()))
    if home != asker.user.team:
        raise refused(desk, asker, Unwelcome(words.from_elsewhere()))
    return workspace


def member(desk: Desk, asker: Asker, home: str) -> None:
    """Whether they are a full member, as the workspace says now. Unwelcome otherwise."""
    workspace_of(desk, asker, home)
    if not desk.talk.people.member(asker.user).full:
        raise refused(desk, asker, Unwelcome(words.guest()))


def linked(desk: Desk, asker: Asker, home: str) -> Link:
    """Whom they have shown to be on GitHub. Unlinked when nobody."""
    member(desk, asker, home)
    link = desk.ledger.links.of(asker.user)
    if link is None:
        raise refused(desk, asker, Unlinked(words.unlinked()))
    return link


def today(desk: Desk, link: Link, installation: InstallationId) -> Person:
    """The same account as it is called now: its old name may be somebody else's by now."""
    login = desk.directory.login(installation, link.person.id)
    if login is None:
        raise UserError(words.account_gone())
    return replace(link.person, login=login)


def login_lately(desk: Desk, installation: InstallationId, account: int) -> Login | None:
    """What this account was called within the last minute."""
    return desk.remembered.recall(("login", account), lambda: desk.directory.login(installation, account))


def role_lately(desk: Desk, place: Place, account: int) -> Role:
    """The role of this account as it was within the last minute; none when GitHub does not tell it.

    For what is listed only: whatever is asked for is decided on live.
    """

    def ask() -> Role:
        login = login_lately(desk, place.installation, account)
        return Role.NONE if login is None else desk.permissions.role(place, login)

    try:
        return desk.remembered.recall(("role", place.repo_id, account), ask)
    except AgentError:
        return Role.NONE


def refused(desk: Desk, asker: Asker, why: Unwelcome) -> Unwelcome:
    desk.ledger.audit.write(
        AuditLine(
            at=desk.clock.now(),
            actor=actor(asker.user),
            actor_id=0,
            place=f"slack {asker.line}",
            number=0,
            what="command by slack",
            verdict="refused",
            reason=str(why),
        )
    )
    return why


def actor(user: ChatUser) -> str:
    """How the audit calls a member who is nobody on GitHub."""
    return f"slack {user.team}/{user.id}"
