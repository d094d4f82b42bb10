"""Tokens for fetching: one repository, reading only, for one fetch."""

from __future__ import annotations

from bot.ids import Place
from handlers.github.rest import GitHubClient


class GitHubCheckouts:
    def __init__(self, client: GitHubClient) -> None:
        self._client = client

    def token(self, place: Place) -> str:
        return self._client.mint(place.installation, repo_id=place.repo_id, permissions={"contents": "read"})
