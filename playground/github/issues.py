"""Issues, which pull requests are too: finding, opening, listing them."""

from __future__ import annotations

from playground.github import shapes
from playground.github.announce import announce
from playground.github.answers import Answer, Call, invalid, not_found, page_of
from playground.github.callers import actor, via
from playground.github.state import Account, App, Issue, Repository, World, now

BODY_LIMIT = 65_536  # characters


def find_issue(repo: Repository, number: int) -> Issue:
    issue = repo.issues.get(number)
    if issue is None:
        raise not_found()
    return issue


def new_issue(
    world: World, repo: Repository, *, title: str, body: str | None, author: Account, app: App | None
) -> Issue:
    """Take the next number and write the issue down, without a word to anybody."""
    number = max(repo.issues, default=0) + 1
    issue = Issue(
        id=world.new_id(),
        repo=repo,
        number=number,
        title=title,
        body=body,
        author=author,
        created_at=now(),
        updated_at=now(),
        via=app,
    )
    repo.issues[number] = issue
    return issue


def open_issue(
    world: World, repo: Repository, *, title: str, body: str | None, author: Account, app: App | None = None
) -> Issue:
    issue = new_issue(world, repo, title=title, body=body, author=author, app=app)
    parts = {"action": "opened", "issue": shapes.issue(world, issue)}
    announce(world, "issues", repo=repo, sender=author, parts=parts)
    return issue


def listed(call: Call) -> Answer:
    wanted = call.query.get("state", "open")
    found = [issue for issue in call.repo.issues.values() if wanted in {issue.state, "all"}]
    found.sort(key=lambda issue: issue.number, reverse=call.query.get("direction", "desc") != "asc")
    some, headers = page_of(call, found, f"/repos/{call.repo.full_name}/issues")
    return Answer(200, [shapes.issue(call.world, issue) for issue in some], headers)


def get(call: Call) -> Answer:
    return Answer(200, shapes.issue(call.world, find_issue(call.repo, call.number("issue_number"))))


def create(call: Call) -> Answer:
    text = call.body.get("body")
    if len(text or "") > BODY_LIMIT:
        raise invalid("Issue", "body", "custom", "body is too long (maximum is 65536 characters)")
    issue = open_issue(
        call.world,
        call.repo,
        title=str(call.body["title"]),
        body=text,
        author=actor(call),
        app=via(call),
    )
    return Answer(201, shapes.issue(call.world, issue))
