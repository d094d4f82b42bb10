"""Comments on issues and pull requests, and review comments on lines of a diff."""

from __future__ import annotations

from dataclasses import dataclass

from playground.github import shapes
from playground.github.announce import announce
from playground.github.answers import Answer, Call, Json, Refused, invalid, not_found, page_of
from playground.github.callers import actor, via
from playground.github.issues import BODY_LIMIT, find_issue
from playground.github.pulls import changed_files, find_pull, pull_simple
from playground.github.state import (
    Account,
    App,
    Comment,
    Issue,
    Repository,
    ReviewComment,
    World,
    now,
    stamp,
)

# -- issue comments ----------------------------------------------------------------------------------


def write_comment(
    world: World, issue: Issue, text: str, *, author: Account, app: App | None = None
) -> Comment:
    _refuse_bad_body(text)
    comment = Comment(
        id=world.new_id(),
        issue=issue,
        author=author,
        body=text,
        created_at=now(),
        updated_at=now(),
        via=app,
    )
    issue.comments.append(comment)
    issue.updated_at = now()
    world.comments[comment.id] = comment
    _announce(world, comment, "created", sender=author, extra={})
    return comment


def edit_comment(world: World, comment: Comment, text: str, *, sender: Account) -> None:
    _refuse_bad_body(text)
    before = comment.body
    comment.edits.append((now(), before))
    comment.body, comment.updated_at = text, now()
    if before != text:
        _announce(world, comment, "edited", sender=sender, extra={"changes": {"body": {"from": before}}})


def delete_comment(world: World, comment: Comment, *, sender: Account) -> None:
    if isinstance(comment, ReviewComment):
        comment.issue.review_comments.remove(comment)
        world.review_comments.pop(comment.id)
    else:
        comment.issue.comments.remove(comment)
        world.comments.pop(comment.id)
    _announce(world, comment, "deleted", sender=sender, extra={})


def _announce(world: World, comment: Comment, action: str, *, sender: Account, extra: Json) -> None:
    issue = comment.issue
    if isinstance(comment, ReviewComment):
        parts = {"comment": shapes.review_comment(world, comment), "pull_request": pull_simple(world, issue)}
        event = "pull_request_review_comment"
    else:
        parts = {"issue": shapes.issue(world, issue), "comment": shapes.comment(world, comment)}
        event = "issue_comment"
    announce(world, event, repo=issue.repo, sender=sender, parts={"action": action, **extra, **parts})


def _refuse_bad_body(text: str) -> None:
    if not text.strip():
        raise invalid("IssueComment", "body", "missing_field")
    if len(text) > BODY_LIMIT:
        raise invalid("IssueComment", "body", "custom", "body is too long (maximum is 65536 characters)")


def _found(call: Call) -> Comment:
    comment = call.world.comments.get(call.number("comment_id"))
    if comment is None or comment.issue.repo is not call.repo:
        raise not_found()
    return comment


def listed(call: Call) -> Answer:
    issue = find_issue(call.repo, call.number("issue_number"))
    since = call.query.get("since", "")
    found = [c for c in issue.comments if (stamp(c.updated_at) or "") >= since]
    path = f"/repos/{call.repo.full_name}/issues/{issue.number}/comments"
    some, headers = page_of(call, found, path)
    return Answer(200, [shapes.comment(call.world, comment) for comment in some], headers)


def create(call: Call) -> Answer:
    issue = find_issue(call.repo, call.number("issue_number"))
    if issue.locked:
        raise Refused(403, "Unable to create comment because issue is locked.")
    comment = write_comment(call.world, issue, call.body["body"], author=actor(call), app=via(call))
    return Answer(201, shapes.comment(call.world, comment))


def get(call: Call) -> Answer:
    return Answer(200, shapes.comment(call.world, _found(call)))


def update(call: Call) -> Answer:
    comment = _found(call)
    edit_comment(call.world, comment, call.body["body"], sender=actor(call))
    return Answer(200, shapes.comment(call.world, comment))


def delete(call: Call) -> Answer:
    delete_comment(call.world, _found(call), sender=actor(call))
    return Answer(204)


# -- review comments ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Remark:
    """What somebody says about a line."""

    text: str
    path: str
    line: int | None
    start_line: int | None = None
    side: str = "RIGHT"


def write_review_comment(
    world: World, issue: Issue, remark: Remark, *, author: Account, app: App | None = None
) -> ReviewComment:
    _refuse_bad_body(remark.text)
    file = next((f for f in changed_files(issue) if f.path == remark.path), None)
    if file is None:
        raise invalid("PullRequestReviewComment", "pull_request_review_thread.path", "invalid")
    return _written(world, issue, remark, author=author, app=app, hunk=file.patch or "", reply_to=None)


def reply(
    world: World, to: ReviewComment, text: str, *, author: Account, app: App | None = None
) -> ReviewComment:
    _refuse_bad_body(text)
    remark = Remark(text, to.path, to.line, to.start_line, to.side)
    first = to.in_reply_to or to.id
    return _written(world, to.issue, remark, author=author, app=app, hunk=to.diff_hunk, reply_to=first)


def _written(
    world: World,
    issue: Issue,
    remark: Remark,
    *,
    author: Account,
    app: App | None,
    hunk: str,
    reply_to: int | None,
) -> ReviewComment:
    comment = ReviewComment(
        id=world.new_id(),
        issue=issue,
        author=author,
        body=remark.text,
        created_at=now(),
        updated_at=now(),
        via=app,
        path=remark.path,
        line=remark.line,
        start_line=remark.start_line,
        side=remark.side,
        commit_id=issue.pull.head_sha if issue.pull else "",
        diff_hunk=hunk,
        in_reply_to=reply_to,
        review_id=world.new_id(),
    )
    issue.review_comments.append(comment)
    issue.updated_at = now()
    world.review_comments[comment.id] = comment
    _announce(world, comment, "created", sender=author, extra={})
    return comment


def _found_review(call: Call) -> ReviewComment:
    comment = call.world.review_comments.get(call.number("comment_id"))
    if comment is None or comment.issue.repo is not call.repo:
        raise not_found()
    return comment


def review_listed(call: Call) -> Answer:
    issue = find_pull(call)
    path = f"/repos/{call.repo.full_name}/pulls/{issue.number}/comments"
    some, headers = page_of(call, issue.review_comments, path)
    return Answer(200, [shapes.review_comment(call.world, comment) for comment in some], headers)


def review_create(call: Call) -> Answer:
    issue, body = find_pull(call), call.body
    if "in_reply_to" in body:
        to = call.world.review_comments.get(body["in_reply_to"])
        if to is None or to.issue is not issue:
            raise not_found()
        comment = reply(call.world, to, body["body"], author=actor(call), app=via(call))
        return Answer(201, shapes.review_comment(call.world, comment))
    remark = Remark(
        body["body"], body["path"], body.get("line"), body.get("start_line"), body.get("side", "RIGHT")
    )
    comment = write_review_comment(call.world, issue, remark, author=actor(call), app=via(call))
    return Answer(201, shapes.review_comment(call.world, comment))


def review_reply(call: Call) -> Answer:
    issue, to = find_pull(call), _found_review(call)
    if to.issue is not issue:
        raise not_found()
    comment = reply(call.world, to, call.body["body"], author=actor(call), app=via(call))
    return Answer(201, shapes.review_comment(call.world, comment))


def review_get(call: Call) -> Answer:
    return Answer(200, shapes.review_comment(call.world, _found_review(call)))


def review_update(call: Call) -> Answer:
    comment = _found_review(call)
    edit_comment(call.world, comment, call.body["body"], sender=actor(call))
    return Answer(200, shapes.review_comment(call.world, comment))


def review_delete(call: Call) -> Answer:
    delete_comment(call.world, _found_review(call), sender=actor(call))
    return Answer(204)


def comment_of(world: World, repo: Repository, comment_id: int) -> Comment:
    """Either kind of comment by its id."""
    comment = world.comments.get(comment_id) or world.review_comments.get(comment_id)
    if comment is None or comment.issue.repo is not repo:
        raise not_found()
    return comment
