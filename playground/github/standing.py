"""How a commit and a pull request stand: statuses that somebody's program set, and reviews of people."""

from __future__ import annotations

from playground.github import shapes
from playground.github.answers import Answer, Call, Json, not_found, page_of
from playground.github.pulls import find_pull
from playground.github.state import Account, Issue, Repository, Review, Status, World, now, stamp

STATUSES = ("error", "failure", "pending", "success")
REVIEWS = ("APPROVED", "CHANGES_REQUESTED", "COMMENTED", "DISMISSED")


def set_status(world: World, repo: Repository, sha: str, *, context: str, state: str) -> Status:
    """Of each context the newest counts."""
    status = Status(world.new_id(), sha, context, state, world.app.owner, now())
    repo.statuses.append(status)
    return status


def write_review(world: World, issue: Issue, *, by: Account, state: str) -> Review:
    """Of the pull request's head as it is now."""
    assert issue.pull is not None
    review = Review(world.new_id(), by, state, issue.pull.head_sha, now())
    issue.reviews.append(review)
    return review


def combined(call: Call) -> Answer:
    sha = call.repo.store.resolve(call.params["ref"])
    if sha is None:
        raise not_found()
    newest = {status.context: status for status in call.repo.statuses if status.sha == sha}
    url = shapes.repo_url(call.world, call.repo)
    some, headers = page_of(
        call, list(newest.values()), f"/repos/{call.repo.full_name}/commits/{call.params['ref']}/status"
    )
    told = {
        "state": _combined([status.state for status in newest.values()]),
        "statuses": [_status(call.world, call.repo, status) for status in some],
        "sha": sha,
        "total_count": len(newest),
        "repository": shapes.minimal_repository(call.world, call.repo),
        "commit_url": f"{url}/commits/{sha}",
        "url": f"{url}/commits/{sha}/status",
    }
    return Answer(200, told, headers)


def reviews(call: Call) -> Answer:
    issue = find_pull(call)
    some, headers = page_of(call, issue.reviews, f"/repos/{call.repo.full_name}/pulls/{issue.number}/reviews")
    return Answer(200, [_review(call.world, issue, review) for review in some], headers)


def _combined(states: list[str]) -> str:
    """GitHub's own folding: `pending` also where nobody said anything."""
    if {"error", "failure"} & set(states):
        return "failure"
    return "success" if states and set(states) == {"success"} else "pending"


def _status(world: World, repo: Repository, it: Status) -> Json:
    return {
        "url": f"{shapes.repo_url(world, repo)}/statuses/{it.sha}",
        "avatar_url": None,
        "id": it.id,
        "node_id": shapes.node_id("StatusContext", it.id),
        "state": it.state,
        "description": None,
        "target_url": None,
        "context": it.context,
        "created_at": stamp(it.created_at),
        "updated_at": stamp(it.created_at),
    }


def _review(world: World, issue: Issue, it: Review) -> Json:
    html = f"{shapes.html_url(world, issue)}#pullrequestreview-{it.id}"
    pull = f"{shapes.repo_url(world, issue.repo)}/pulls/{issue.number}"
    return {
        "id": it.id,
        "node_id": shapes.node_id("PullRequestReview", it.id),
        "user": shapes.user(world, it.author),
        "body": "",
        "state": it.state,
        "commit_id": it.commit,
        "html_url": html,
        "pull_request_url": pull,
        "author_association": shapes.association(issue.repo, it.author),
        "_links": {"html": {"href": html}, "pull_request": {"href": pull}},
        "submitted_at": stamp(it.submitted_at),
    }
