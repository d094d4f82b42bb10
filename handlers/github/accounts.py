"""How accounts are called now: a login can be given up and taken by somebody else, an id cannot."""

from __future__ import annotations

from bot.ids import InstallationId, Login
from handlers.github.rest import GitHubClient, NotInstalled, Refused


class GitHubAccounts:
    def __init__(self, client: GitHubClient) -> None:
        self._client = client

    def login(self, installation: InstallationId, account: int) -> Login | None:
        try:
            told = self._client.call(installation, "GET", f"user/{account}")
        except NotInstalled:
            raise
        except Refused as refused:
            if refused.status != 404:
                raise
            return None
        return Login(told["login"])
