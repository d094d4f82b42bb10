"""Pull requests: their life, their events, and their REST endpoints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from playground.github import shapes
from playground.github.announce import announce
from playground.github.answers import Answer, Call, Json, Refused, invalid, not_found, page_of
from playground.github.callers import actor, via
from playground.github.issues import BODY_LIMIT, find_issue, new_issue
from playground.github.state import Account, App, Issue, Pull, Repository, World, now, stamp
from playground.github.store import FileDiff

# -- what a pull request does ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Proposal:
    """What somebody asks to be pulled."""

    title: str
    head: str  # "branch" or "owner:branch"
    base: str
    body: str | None = None
    draft: bool = False
    head_repo: str | None = None


def open_pull(
    world: World, repo: Repository, proposal: Proposal, *, author: Account, app: App | None = None
) -> Issue:
    head_repo, branch = _head(world, repo, proposal)
    head_sha = head_repo.store.branch(branch)
    base_sha = repo.store.branch(proposal.base)
    if head_sha is None:
        raise invalid("PullRequest", "head", "invalid")
    if base_sha is None:
        raise invalid("PullRequest", "base", "invalid")
    for other in repo.issues.values():
        same = other.pull and other.pull.head_repo is head_repo and other.pull.head_ref == branch
        if same and other.state == "open" and other.pull and other.pull.base_ref == proposal.base:
            label = f"{head_repo.owner.login}:{branch}"
            raise Refused(
                422,
                "Validation Failed",
                [
                    {
                        "resource": "PullRequest",
                        "code": "custom",
                        "message": f"A pull request already exists for {label}.",
                    }
                ],
            )
    number = max(repo.issues, default=0) + 1
    _bring_head(repo, head_repo, branch, number)
    base = repo.store.merge_base(base_sha, head_sha)
    if base == head_sha:
        repo.store.delete_ref(f"refs/pull/{number}/head")
        raise Refused(
            422,
            "Validation Failed",
            [
                {
                    "resource": "PullRequest",
                    "code": "custom",
                    "message": f"No commits between {proposal.base} and {branch}",
                }
            ],
        )
    issue = new_issue(world, repo, title=proposal.title, body=proposal.body, author=author, app=app)
    issue.pull = Pull(
        id=world.new_id(),
        base_ref=proposal.base,
        base_sha=base_sha,
        head_repo=head_repo,
        head_ref=branch,
        head_sha=head_sha,
        draft=proposal.draft,
    )
    _announce(world, issue, "opened", sender=author)
    return issue


def _head(world: World, repo: Repository, proposal: Proposal) -> tuple[Repository, str]:
    owner, colon, branch = proposal.head.partition(":")
    if not colon:
        return (world.repo(f"{repo.owner.login}/{proposal.head_repo}") if proposal.head_repo else repo), owner
    if owner.lower() == repo.owner.login.lower() and not proposal.head_repo:
        return repo, branch
    for candidate in world.repositories.values():
        if candidate.owner.login.lower() == owner.lower() and candidate.parent is repo:
            return candidate, branch
    raise invalid("PullRequest", "head", "invalid")


def _bring_head(repo: Repository, head_repo: Repository, branch: str, number: int) -> None:
    """Let `refs/pull/N/head` of the base repository be the head, as GitHub does."""
    if head_repo is repo:
        head = repo.store.branch(branch)
        if head is not None:
            repo.store.set_ref(f"refs/pull/{number}/head", head)
    else:
        repo.store.fetch(head_repo.store, f"refs/heads/{branch}", f"refs/pull/{number}/head")


def follow(world: World, issue: Issue, *, before: str, sender: Account) -> None:
    """The head branch moved: so does the pull request."""
    pull = _pull(issue)
    _bring_head(issue.repo, pull.head_repo, pull.head_ref, issue.number)
    pull.head_sha = pull.head_repo.store.branch(pull.head_ref) or pull.head_sha
    issue.updated_at = now()
    _announce(world, issue, "synchronize", sender=sender, before=before, after=pull.head_sha)


def close(world: World, issue: Issue, *, sender: Account) -> None:
    if issue.state == "closed":
        return
    issue.state, issue.closed_at, issue.closed_by, issue.updated_at = "closed", now(), sender, now()
    _announce_either(world, issue, "closed", sender)


def reopen(world: World, issue: Issue, *, sender: Account) -> None:
    if issue.state == "open":
        return
    if issue.pull is not None and issue.pull.head_repo.store.branch(issue.pull.head_ref) is None:
        raise invalid("PullRequest", "state", "invalid", "state cannot be changed. The head branch is gone.")
    issue.state, issue.closed_at, issue.closed_by, issue.updated_at = "open", None, None, now()
    _announce_either(world, issue, "reopened", sender)


def set_draft(world: World, issue: Issue, draft: bool, *, sender: Account) -> None:
    pull = _pull(issue)
    if pull.draft != draft:
        pull.draft, issue.updated_at = draft, now()
        _announce(world, issue, "converted_to_draft" if draft else "ready_for_review", sender=sender)


def set_locked(world: World, issue: Issue, locked: bool, *, sender: Account) -> None:
    if issue.locked != locked:
        issue.locked = locked
        _announce_either(world, issue, "locked" if locked else "unlocked", sender)


def _announce(world: World, issue: Issue, action: str, *, sender: Account, **extra: Any) -> None:
    if not world.hooks.url:  # a whole pull request costs a diff; spare it when nobody listens
        world.changed()
        return
    parts = {"action": action, "number": issue.number, "pull_request": pull_request(world, issue), **extra}
    announce(world, "pull_request", repo=issue.repo, sender=sender, parts=parts)


def _announce_either(world: World, issue: Issue, action: str, sender: Account) -> None:
    if issue.pull is not None:
        _announce(world, issue, action, sender=sender)
    else:
        parts = {"action": action, "issue": shapes.issue(world, issue)}
        announce(world, "issues", repo=issue.repo, sender=sender, parts=parts)


def _pull(issue: Issue) -> Pull:
    if issue.pull is None:
        raise not_found()
    return issue.pull


# -- what a pull request looks like ------------------------------------------------------------------


def _side(world: World, repo: Repository, ref: str, sha: str) -> Json:
    return {
        "label": f"{repo.owner.login}:{ref}",
        "ref": ref,
        "sha": sha,
        "user": shapes.user(world, repo.owner),
        "repo": shapes.repository(world, repo),
    }


def pull_simple(world: World, issue: Issue) -> Json:
    """A pull request as lists show it."""
    pull = _pull(issue)
    api = f"{shapes.repo_url(world, issue.repo)}/pulls/{issue.number}"
    issue_api = f"{shapes.repo_url(world, issue.repo)}/issues/{issue.number}"
    statuses = f"{shapes.repo_url(world, issue.repo)}/statuses/{pull.head_sha}"
    html = shapes.html_url(world, issue)
    links = {
        "self": api,
        "html": html,
        "issue": issue_api,
        "comments": f"{issue_api}/comments",
        "review_comments": f"{api}/comments",
        "review_comment": f"{shapes.repo_url(world, issue.repo)}/pulls/comments{{/number}}",
        "commits": f"{api}/commits",
        "statuses": statuses,
    }
    return {
        "url": api,
        "id": pull.id,
        "node_id": shapes.node_id("PullRequest", pull.id),
        "html_url": html,
        "diff_url": f"{html}.diff",
        "patch_url": f"{html}.patch",
        "issue_url": issue_api,
        "number": issue.number,
        "state": issue.state,
        "locked": issue.locked,
        "title": issue.title,
        "user": shapes.user(world, issue.author),
        "body": issue.body,
        "created_at": stamp(issue.created_at),
        "updated_at": stamp(issue.updated_at),
        "closed_at": stamp(issue.closed_at),
        "merged_at": stamp(pull.merged.at) if pull.merged else None,
        "merge_commit_sha": pull.merged.commit if pull.merged else None,
        "assignee": None,
        "assignees": [],
        "requested_reviewers": [],
        "requested_teams": [],
        "labels": [],
        "milestone": None,
        "draft": pull.draft,
        "commits_url": f"{api}/commits",
        "review_comments_url": f"{api}/comments",
        "review_comment_url": links["review_comment"],
        "comments_url": links["comments"],
        "statuses_url": statuses,
        "head": _side(world, pull.head_repo, pull.head_ref, pull.head_sha),
        "base": _side(world, issue.repo, pull.base_ref, pull.base_sha),
        "_links": {name: {"href": url} for name, url in links.items()},
        "author_association": shapes.association(issue.repo, issue.author),
        "auto_merge": None,
        "active_lock_reason": None,
    }


def pull_request(world: World, issue: Issue) -> Json:
    """A pull request as its own page shows it."""
    pull = _pull(issue)
    files = changed_files(issue)
    mergeable = mergeability(issue)
    return {
        **pull_simple(world, issue),
        "merged": pull.merged is not None,
        "mergeable": mergeable,
        "rebaseable": mergeable,
        "mergeable_state": "draft" if pull.draft else "clean" if mergeable else "dirty",
        "merged_by": shapes.user(world, pull.merged.by) if pull.merged else None,
        "comments": len(issue.comments),
        "review_comments": len(issue.review_comments),
        "maintainer_can_modify": pull.maintainer_can_modify,
        "commits": len(list(commits_of(issue))),
        "additions": sum(file.additions for file in files),
        "deletions": sum(file.deletions for file in files),
        "changed_files": len(files),
    }


def mergeability(issue: Issue) -> bool:
    pull, store = _pull(issue), issue.repo.store
    base = store.branch(pull.base_ref) or pull.base_sha
    return store.merge_base(base, pull.head_sha) == base or store.merges_cleanly(base, pull.head_sha)


def _start(issue: Issue) -> str:
    pull = _pull(issue)
    return issue.repo.store.merge_base(pull.base_sha, pull.head_sha) or pull.base_sha


def changed_files(issue: Issue) -> list[FileDiff]:
    return issue.repo.store.diff(_start(issue), _pull(issue).head_sha)


def commits_of(issue: Issue) -> list[str]:
    return list(issue.repo.store.history(_pull(issue).head_sha, without=_start(issue)))[::-1]


def pulls_at(world: World, repo: Repository, sha: str) -> list[Json]:
    """Open pull requests of this repository's own branches at this commit, as checks mention them."""

    def side(of: Repository, ref: str, at: str) -> Json:
        link = {"id": of.id, "url": shapes.repo_url(world, of), "name": of.name}
        return {"ref": ref, "sha": at, "repo": link}

    return [
        {
            "url": f"{shapes.repo_url(world, repo)}/pulls/{issue.number}",
            "id": issue.pull.id,
            "number": issue.number,
            "head": side(issue.pull.head_repo, issue.pull.head_ref, issue.pull.head_sha),
            "base": side(repo, issue.pull.base_ref, issue.pull.base_sha),
        }
        for issue in repo.issues.values()
        if issue.pull
        and issue.state == "open"
        and issue.pull.head_repo is repo
        and issue.pull.head_sha == sha
    ]


def diff_entry(world: World, repo: Repository, file: FileDiff, *, at: str) -> Json:
    html = f"{world.url}/{repo.full_name}"
    entry: Json = {
        "sha": file.sha,
        "filename": file.path,
        "status": file.status,
        "additions": file.additions,
        "deletions": file.deletions,
        "changes": file.additions + file.deletions,
        "blob_url": f"{html}/blob/{at}/{file.path}",
        "raw_url": f"{html}/raw/{at}/{file.path}",
        "contents_url": f"{shapes.repo_url(world, repo)}/contents/{file.path}?ref={at}",
    }
    if file.patch is not None:
        entry["patch"] = file.patch
    if file.previous_path is not None:
        entry["previous_filename"] = file.previous_path
    return entry


# -- REST --------------------------------------------------------------------------------------------


def find_pull(call: Call) -> Issue:
    issue = find_issue(call.repo, call.number("pull_number"))
    if issue.pull is None:
        raise not_found()
    return issue


def listed(call: Call) -> Answer:
    wanted = call.query.get("state", "open")
    base, head = call.query.get("base"), call.query.get("head")
    newest_first = call.query.get("direction", "desc") != "asc"
    found = [
        issue
        for issue in call.repo.issues.values()
        if issue.pull is not None
        and wanted in {issue.state, "all"}
        and base in {None, issue.pull.base_ref}
        and _is_head(issue.pull, head)
    ]
    found.sort(key=lambda issue: issue.number, reverse=newest_first)
    some, headers = page_of(call, found, f"/repos/{call.repo.full_name}/pulls")
    return Answer(200, [pull_simple(call.world, issue) for issue in some], headers)


def _is_head(pull: Pull, head: str | None) -> bool:
    # GitHub ignores a `head` that is not written `owner:branch`.
    if head is None or ":" not in head:
        return True
    return head.lower() == f"{pull.head_repo.owner.login}:{pull.head_ref}".lower()


def create(call: Call) -> Answer:
    body = call.body
    if (body.get("title") is None) == (body.get("issue") is None):
        raise invalid("PullRequest", "title", "missing_field")
    if len(body.get("body") or "") > BODY_LIMIT:
        raise invalid("PullRequest", "body", "custom", "body is too long (maximum is 65536 characters)")
    proposal = Proposal(
        title=body["title"],
        head=body["head"],
        base=body["base"],
        body=body.get("body"),
        draft=bool(body.get("draft")),
        head_repo=body.get("head_repo"),
    )
    issue = open_pull(call.world, call.repo, proposal, author=actor(call), app=via(call))
    link = f"{shapes.repo_url(call.world, call.repo)}/pulls/{issue.number}"
    return Answer(201, pull_request(call.world, issue), {"Location": link})


def get(call: Call) -> Answer:
    issue = find_pull(call)
    accept = call.headers.get("accept", "")
    if "diff" in accept:
        text = issue.repo.store.diff_text(_start(issue), _pull(issue).head_sha)
        return Answer(200, text, {"content-type": "application/vnd.github.diff; charset=utf-8"})
    return Answer(200, pull_request(call.world, issue))


def update(call: Call) -> Answer:
    issue, who, body = find_pull(call), actor(call), call.body
    changes: Json = {}
    for name in ("title", "body"):
        if name in body and body[name] != getattr(issue, name):
            changes[name] = {"from": getattr(issue, name)}
            setattr(issue, name, body[name])
    if "base" in body:
        base_sha = call.repo.store.branch(body["base"])
        if base_sha is None:
            raise invalid("PullRequest", "base", "invalid")
        pull = _pull(issue)
        changes["base"] = {"ref": {"from": pull.base_ref}, "sha": {"from": pull.base_sha}}
        pull.base_ref, pull.base_sha = body["base"], base_sha
    if changes:
        issue.updated_at = now()
        _announce(call.world, issue, "edited", sender=who, changes=changes)
    if body.get("state") == "closed":
        close(call.world, issue, sender=who)
    if body.get("state") == "open":
        reopen(call.world, issue, sender=who)
    return Answer(200, pull_request(call.world, issue))


def files(call: Call) -> Answer:
    issue = find_pull(call)
    path = f"/repos/{call.repo.full_name}/pulls/{issue.number}/files"
    some, headers = page_of(call, changed_files(issue), path)
    at = _pull(issue).head_sha
    return Answer(200, [diff_entry(call.world, call.repo, file, at=at) for file in some], headers)


def commits(call: Call) -> Answer:
    issue = find_pull(call)
    path = f"/repos/{call.repo.full_name}/pulls/{issue.number}/commits"
    some, headers = page_of(call, commits_of(issue), path)
    read = (call.repo.store.commit(sha) for sha in some)
    return Answer(200, [shapes.commit(call.world, call.repo, commit) for commit in read if commit], headers)


def with_commit(call: Call) -> Answer:
    """Pull requests whose head is, or whose commits hold, this commit."""
    sha = call.repo.store.resolve(call.params["commit_sha"])
    if sha is None:
        raise Refused(422, f"No commit found for SHA: {call.params['commit_sha']}")
    found = [i for i in call.repo.issues.values() if i.pull is not None and sha in commits_of(i)]
    some, headers = page_of(call, found, f"/repos/{call.repo.full_name}/commits/{sha}/pulls")
    return Answer(200, [pull_simple(call.world, issue) for issue in some], headers)
