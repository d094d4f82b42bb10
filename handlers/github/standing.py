"""How a commit stands with others: check runs and statuses together, and reviews that approve it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.ids import Login, Place, Sha
from bot.ports import Ci
from handlers.github.rest import PAGE, GitHubClient, NotInstalled, Refused, at, segment

_PENDING = "pending"
_GOOD = frozenset({"success", "neutral", "skipped"})
_BAD = frozenset({"failure", "error", "timed_out", "cancelled", "action_required", "startup_failure"})
_NOT_TOLD = frozenset({403, 404, 409, 422})


class GitHubStanding:
    def __init__(self, client: GitHubClient, app_id: int) -> None:
        """`app_id` is ours: what we say of a commit ourselves decides nothing."""
        self._client = client
        self._app_id = app_id

    def ci(self, place: Place, sha: Sha) -> Ci | None:
        """A commit may have check runs, and statuses of before there were any."""
        commit = f"/commits/{segment(sha)}"
        runs, statuses = self._told(place, f"{commit}/check-runs"), self._told(place, f"{commit}/status")
        if runs is None or statuses is None or runs["total_count"] > PAGE:
            return None
        others = [one for one in runs["check_runs"] if (one.get("app") or {}).get("id") != self._app_id]
        words = [one["conclusion"] or _PENDING for one in others]
        return folded([*words, statuses["state"]] if statuses["total_count"] else words)

    def approvers(self, place: Place, number: int, head: Sha) -> Sequence[Login] | None:
        """GitHub tells the oldest review first, and of a remark without a verdict nothing follows."""
        told = self._told(place, f"/pulls/{number}/reviews")
        if told is None or len(told) >= PAGE:
            return None
        latest = {one["user"]["login"]: one for one in told if one["user"] and one["state"] != "COMMENTED"}
        return [
            Login(login)
            for login, one in latest.items()
            if one["state"] == "APPROVED" and one["commit_id"] == head
        ]

    def _told(self, place: Place, rest: str) -> Any:
        try:
            return self._client.call(place.installation, "GET", at(place, rest), params={"per_page": PAGE})
        except NotInstalled:
            raise
        except Refused as refused:
            if refused.status not in _NOT_TOLD:
                raise
            return None


def folded(words: Sequence[str]) -> Ci:
    """All conclusions of check runs, and the combined state of the statuses, as one."""
    if _BAD & set(words):
        return Ci.RED
    return Ci.GREEN if words and set(words) <= _GOOD else Ci.UNKNOWN
