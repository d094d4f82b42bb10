"""Our own comments on GitHub: found again by a hidden marker, created, edited in place."""

from __future__ import annotations

from typing import Any

from bot.ids import Place
from handlers.github.rest import GitHubClient, at

LONGEST = 65_536  # characters; GitHub refuses more


class GitHubComments:
    def __init__(self, client: GitHubClient, app_id: int) -> None:
        self._client = client
        self._app_id = app_id

    def find(self, place: Place, number: int, marker: str) -> int | None:
        """Anybody can copy a marker: only what this App wrote is ours."""
        comments = self._client.pages(place.installation, at(place, f"/issues/{number}/comments"))
        return next((one["id"] for one in comments if self._is_ours(one) and marker in one["body"]), None)

    def create(self, place: Place, number: int, text: str) -> int:
        path = at(place, f"/issues/{number}/comments")
        told = self._client.call(place.installation, "POST", path, body=_body(text))
        return int(told["id"])

    def update(self, place: Place, comment_id: int, text: str) -> bool:
        path = at(place, f"/issues/comments/{comment_id}")
        return self._client.reaches(place.installation, "PATCH", path, body=_body(text))

    def _is_ours(self, comment: dict[str, Any]) -> bool:
        through = comment.get("performed_via_github_app") or {}
        return through.get("id") == self._app_id


def _body(text: str) -> dict[str, str]:
    if len(text) > LONGEST:
        raise ValueError(
            f"This comment does not fit into GitHub's limits: {len(text)} of {LONGEST} characters"
        )
    return {"body": text}
