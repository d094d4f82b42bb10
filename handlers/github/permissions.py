"""The live role of a person in a repository, as GitHub's collaborator API says it."""

from __future__ import annotations

from bot.errors import Hiccup
from bot.ids import Login, Place
from bot.ports import Role
from handlers.github.rest import GitHubClient, NotInstalled, Refused, at, segment

# `permission` folds the finer roles into four; a custom role shows only there what it is based on.
_FOLDED = {
    "admin": {Role.ADMIN},
    "write": {Role.WRITE, Role.MAINTAIN},
    "read": {Role.READ, Role.TRIAGE},
    "none": {Role.NONE},
}


class GitHubPermissions:
    def __init__(self, client: GitHubClient) -> None:
        self._client = client

    def role(self, place: Place, login: Login) -> Role:
        path = at(place, f"/collaborators/{segment(login)}/permission")
        try:
            told = self._client.call(place.installation, "GET", path)
        except Refused as refused:
            if refused.status == 404:
                return Role.NONE
            raise Hiccup("GitHub does not tell me what you may do here.", retry_after_s=10.0) from refused
        permission, name = told.get("permission"), told.get("role_name")
        if permission not in _FOLDED:
            raise Hiccup("GitHub does not tell me what you may do here.", retry_after_s=10.0)
        return next((role for role in _FOLDED[permission] if role == name), Role(permission))

    def member(self, place: Place, team: str, login: Login) -> bool | None:
        """GitHub says the same of a team that does not exist, and of one in which they are not."""
        organisation, _, name = team.partition("/")
        if organisation.lower() != place.repo.owner.lower():
            return None
        path = f"orgs/{segment(organisation)}/teams/{segment(name)}/memberships/{segment(login)}"
        try:
            told = self._client.call(place.installation, "GET", path)
        except NotInstalled:
            raise
        except Refused as refused:
            if refused.status not in {403, 404}:
                raise
            return False if refused.status == 404 else None
        return bool(told["state"] == "active")  # who is only invited is not in it
