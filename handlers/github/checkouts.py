"""Tokens for fetching: one repository, reading only, for one fetch."""

from __future__ import annotations

from bot.ids import InstallationId, Repo
from handlers.github.rest import GitHubClient


class GitHubCheckouts:
    def __init__(self, client: GitHubClient) -> None:
        self._client = client

    def token(self, installation: InstallationId, repo: Repo) -> str:
        return self._client.mint(installation, repo=repo, permissions={"contents": "read"})
