"""A reaction on a comment: the first thing a person sees of us."""

from __future__ import annotations

from bot.events import Comment, CommentKind
from bot.ids import Place
from handlers.github.rest import GitHubClient, at

_KINDS = {CommentKind.ISSUE: "issues", CommentKind.REVIEW: "pulls"}


class GitHubReactions:
    def __init__(self, client: GitHubClient) -> None:
        self._client = client

    def react(self, place: Place, comment: Comment, reaction: str) -> bool:
        path = at(place, f"/{_KINDS[comment.kind]}/comments/{comment.id}/reactions")
        return self._client.reaches(place.installation, "POST", path, body={"content": reaction})
