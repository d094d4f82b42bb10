"""GitHub's JSON of accounts, repositories, apps, commits and conversations: complete objects, no rules."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING
from urllib.parse import quote

from dulwich.objects import Commit

from playground.github.answers import Json
from playground.github.state import stamp
from playground.github.store import moment

if TYPE_CHECKING:
    from playground.github.state import (
        Account,
        App,
        Comment,
        Installation,
        Issue,
        Reaction,
        Repository,
        ReviewComment,
        World,
    )

REACTIONS = ("+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes")


def node_id(kind: str, number: int | str) -> str:
    return base64.b64encode(f"0:{kind}{number}".encode()).decode()


def user(world: World, who: Account) -> Json:
    api = f"{world.url}/users/{quote(who.login)}"
    html = who.login.removesuffix("[bot]")
    return {
        "login": who.login,
        "id": who.id,
        "node_id": node_id("User", who.id),
        "avatar_url": f"{world.url}/playground/avatar/{quote(who.login)}.svg",
        "gravatar_id": "",
        "url": api,
        "html_url": f"{world.url}/apps/{html}" if who.kind == "Bot" else f"{world.url}/{html}",
        "followers_url": f"{api}/followers",
        "following_url": f"{api}/following{{/other_user}}",
        "gists_url": f"{api}/gists{{/gist_id}}",
        "starred_url": f"{api}/starred{{/owner}}{{/repo}}",
        "subscriptions_url": f"{api}/subscriptions",
        "organizations_url": f"{api}/orgs",
        "repos_url": f"{api}/repos",
        "events_url": f"{api}/events{{/privacy}}",
        "received_events_url": f"{api}/received_events",
        "type": who.kind,
        "user_view_type": "public",
        "site_admin": False,
    }


def public_user(world: World, who: Account) -> Json:
    blank = dict.fromkeys(("company", "location", "email", "hireable", "bio", "twitter_username"))
    counts = dict.fromkeys(("public_repos", "public_gists", "followers", "following"), 0)
    times = {"created_at": stamp(who.created_at), "updated_at": stamp(who.created_at)}
    return {**user(world, who), "name": who.login, "blog": "", **blank, **counts, **times}


def organization(world: World, who: Account) -> Json:
    api = f"{world.url}/orgs/{quote(who.login)}"
    return {
        "login": who.login,
        "id": who.id,
        "node_id": node_id("Organization", who.id),
        "url": api,
        "repos_url": f"{api}/repos",
        "events_url": f"{api}/events",
        "hooks_url": f"{api}/hooks",
        "issues_url": f"{api}/issues",
        "members_url": f"{api}/members{{/member}}",
        "public_members_url": f"{api}/public_members{{/member}}",
        "avatar_url": f"{world.url}/playground/avatar/{quote(who.login)}.svg",
        "description": "",
    }


_URLS = {
    "forks_url": "forks",
    "keys_url": "keys{/key_id}",
    "collaborators_url": "collaborators{/collaborator}",
    "teams_url": "teams",
    "hooks_url": "hooks",
    "issue_events_url": "issues/events{/number}",
    "events_url": "events",
    "assignees_url": "assignees{/user}",
    "branches_url": "branches{/branch}",
    "tags_url": "tags",
    "blobs_url": "git/blobs{/sha}",
    "git_tags_url": "git/tags{/sha}",
    "git_refs_url": "git/refs{/sha}",
    "trees_url": "git/trees{/sha}",
    "statuses_url": "statuses/{sha}",
    "languages_url": "languages",
    "stargazers_url": "stargazers",
    "contributors_url": "contributors",
    "subscribers_url": "subscribers",
    "subscription_url": "subscription",
    "commits_url": "commits{/sha}",
    "git_commits_url": "git/commits{/sha}",
    "comments_url": "comments{/number}",
    "issue_comment_url": "issues/comments{/number}",
    "contents_url": "contents/{+path}",
    "compare_url": "compare/{base}...{head}",
    "merges_url": "merges",
    "archive_url": "{archive_format}{/ref}",
    "downloads_url": "downloads",
    "issues_url": "issues{/number}",
    "pulls_url": "pulls{/number}",
    "milestones_url": "milestones{/number}",
    "notifications_url": "notifications{?since,all,participating}",
    "labels_url": "labels{/name}",
    "releases_url": "releases{/id}",
    "deployments_url": "deployments",
}


def repository(world: World, repo: Repository) -> Json:
    api = repo_url(world, repo)
    html = f"{world.url}/{repo.full_name}"
    open_issues = sum(issue.state == "open" for issue in repo.issues.values())
    return {
        "id": repo.id,
        "node_id": node_id("Repository", repo.id),
        "name": repo.name,
        "full_name": repo.full_name,
        "private": repo.private,
        "owner": user(world, repo.owner),
        "html_url": html,
        "description": repo.description,
        "fork": repo.parent is not None,
        "url": api,
        **{name: f"{api}/{path}" for name, path in _URLS.items()},
        "created_at": stamp(repo.created_at),
        "updated_at": stamp(repo.updated_at),
        "pushed_at": stamp(repo.pushed_at),
        "git_url": f"git://{html.split('://')[1]}.git",
        "ssh_url": f"git@playground.invalid:{repo.full_name}.git",
        "clone_url": f"{html}.git",
        "svn_url": html,
        "homepage": None,
        "size": 1,
        "stargazers_count": 0,
        "watchers_count": 0,
        "language": "Python",
        "has_issues": True,
        "has_projects": True,
        "has_downloads": True,
        "has_wiki": True,
        "has_pages": False,
        "has_discussions": False,
        "forks_count": 0,
        "mirror_url": None,
        "archived": repo.archived,
        "disabled": False,
        "open_issues_count": open_issues,
        "license": None,
        "allow_forking": True,
        "is_template": False,
        "web_commit_signoff_required": False,
        "custom_properties": {},
        "topics": [],
        "visibility": "private" if repo.private else "public",
        "forks": 0,
        "open_issues": open_issues,
        "watchers": 0,
        "default_branch": repo.default_branch,
    }


def named_repository(repo: Repository) -> Json:
    """A repository as lists of an installation name it."""
    return {
        "id": repo.id,
        "node_id": node_id("Repository", repo.id),
        "name": repo.name,
        "full_name": repo.full_name,
        "private": repo.private,
    }


def full_repository(world: World, repo: Repository) -> Json:
    shape = {
        **repository(world, repo),
        "network_count": 0,
        "subscribers_count": 0,
        "allow_rebase_merge": True,
        "allow_squash_merge": True,
        "allow_merge_commit": True,
        "allow_auto_merge": False,
        "delete_branch_on_merge": False,
    }
    if repo.parent is not None:
        shape["parent"] = shape["source"] = repository(world, repo.parent)
    return shape


def minimal_repository(world: World, repo: Repository) -> Json:
    return repository(world, repo)


def repo_url(world: World, repo: Repository) -> str:
    return f"{world.url}/repos/{repo.full_name}"


def app(world: World, it: App) -> Json:
    return {
        "id": it.id,
        "slug": it.slug,
        "node_id": node_id("App", it.id),
        "client_id": it.client_id,
        "owner": user(world, it.owner),
        "name": it.name,
        "description": "",
        "external_url": f"{world.url}/apps/{it.slug}",
        "html_url": f"{world.url}/apps/{it.slug}",
        "created_at": stamp(it.created_at),
        "updated_at": stamp(it.created_at),
        "permissions": dict(it.permissions),
        "events": list(it.events),
    }


def installation(world: World, it: Installation) -> Json:
    api = f"{world.url}/app/installations/{it.id}"
    return {
        "id": it.id,
        "client_id": it.app.client_id,
        "account": user(world, it.account),
        "repository_selection": "selected",
        "access_tokens_url": f"{api}/access_tokens",
        "repositories_url": f"{world.url}/installation/repositories",
        "html_url": f"{world.url}/organizations/{it.account.login}/settings/installations/{it.id}",
        "app_id": it.app.id,
        "app_slug": it.app.slug,
        "target_id": it.account.id,
        "target_type": it.account.kind,
        "permissions": dict(it.permissions),
        "events": list(it.app.events),
        "created_at": stamp(it.created_at),
        "updated_at": stamp(it.updated_at),
        "single_file_name": None,
        "has_multiple_single_files": False,
        "single_file_paths": [],
        "suspended_by": user(world, it.account) if it.suspended_at else None,
        "suspended_at": stamp(it.suspended_at),
    }


def association(repo: Repository, who: Account) -> str:
    """What GitHub computes for display; it says nothing about permission."""
    if who is repo.owner:
        return "OWNER"
    return {"none": "NONE", "read": "CONTRIBUTOR"}.get(repo.roles.get(who.login, "none"), "MEMBER")


def reactions_summary(url: str, reactions: list[Reaction]) -> Json:
    counts = {content: sum(r.content == content for r in reactions) for content in REACTIONS}
    return {"url": f"{url}/reactions", "total_count": len(reactions), **counts}


def reaction(world: World, it: Reaction) -> Json:
    return {
        "id": it.id,
        "node_id": node_id("Reaction", it.id),
        "user": user(world, it.user),
        "content": it.content,
        "created_at": stamp(it.created_at),
    }


def comment(world: World, it: Comment) -> Json:
    repo = it.issue.repo
    api = f"{repo_url(world, repo)}/issues/comments/{it.id}"
    return {
        "url": api,
        "html_url": f"{html_url(world, it.issue)}#issuecomment-{it.id}",
        "issue_url": f"{repo_url(world, repo)}/issues/{it.issue.number}",
        "id": it.id,
        "node_id": node_id("IssueComment", it.id),
        "user": user(world, it.author),
        "created_at": stamp(it.created_at),
        "updated_at": stamp(it.updated_at),
        "body": it.body,
        "author_association": association(repo, it.author),
        "reactions": reactions_summary(api, it.reactions),
        "performed_via_github_app": app(world, it.via) if it.via else None,
    }


def review_comment(world: World, it: ReviewComment) -> Json:
    repo = it.issue.repo
    api = f"{repo_url(world, repo)}/pulls/comments/{it.id}"
    pull = f"{repo_url(world, repo)}/pulls/{it.issue.number}"
    html = f"{html_url(world, it.issue)}#discussion_r{it.id}"
    shape: Json = {
        "url": api,
        "pull_request_review_id": it.review_id,
        "id": it.id,
        "node_id": node_id("PullRequestReviewComment", it.id),
        "diff_hunk": it.diff_hunk,
        "path": it.path,
        "position": it.line,
        "original_position": it.line or 1,
        "commit_id": it.commit_id,
        "original_commit_id": it.commit_id,
        "user": user(world, it.author),
        "body": it.body,
        "created_at": stamp(it.created_at),
        "updated_at": stamp(it.updated_at),
        "html_url": html,
        "pull_request_url": pull,
        "author_association": association(repo, it.author),
        "_links": {"self": {"href": api}, "html": {"href": html}, "pull_request": {"href": pull}},
        "reactions": reactions_summary(api, it.reactions),
        "start_line": it.start_line,
        "original_start_line": it.start_line,
        "start_side": it.side if it.start_line else None,
        "line": it.line or 1,
        "original_line": it.line or 1,
        "side": it.side,
        "subject_type": "line" if it.line else "file",
    }
    if it.in_reply_to is not None:
        shape["in_reply_to_id"] = it.in_reply_to
    return shape


def html_url(world: World, it: Issue) -> str:
    word = "pull" if it.pull else "issues"
    return f"{world.url}/{it.repo.full_name}/{word}/{it.number}"


def issue(world: World, it: Issue) -> Json:
    api = f"{repo_url(world, it.repo)}/issues/{it.number}"
    html = html_url(world, it)
    shape: Json = {
        "url": api,
        "repository_url": repo_url(world, it.repo),
        "labels_url": f"{api}/labels{{/name}}",
        "comments_url": f"{api}/comments",
        "events_url": f"{api}/events",
        "html_url": html,
        "id": it.id,
        "node_id": node_id("Issue", it.id),
        "number": it.number,
        "title": it.title,
        "user": user(world, it.author),
        "labels": [],
        "state": it.state,
        "locked": it.locked,
        "assignee": None,
        "assignees": [],
        "milestone": None,
        "comments": len(it.comments),
        "created_at": stamp(it.created_at),
        "updated_at": stamp(it.updated_at),
        "closed_at": stamp(it.closed_at),
        "author_association": association(it.repo, it.author),
        "active_lock_reason": None,
        "body": it.body,
        "reactions": reactions_summary(api, it.reactions),
        "timeline_url": f"{api}/timeline",
        "performed_via_github_app": app(world, it.via) if it.via else None,
        "state_reason": "completed" if it.state == "closed" and not it.pull else None,
    }
    if it.pull is not None:
        shape["draft"] = it.pull.draft
        shape["pull_request"] = {
            "url": f"{repo_url(world, it.repo)}/pulls/{it.number}",
            "html_url": html,
            "diff_url": f"{html}.diff",
            "patch_url": f"{html}.patch",
            "merged_at": None,
        }
    return shape


def _person(line: bytes, seconds: int) -> Json:
    name, _, email = line.decode(errors="replace").rpartition(" <")
    return {"name": name, "email": email.rstrip(">"), "date": stamp(moment(seconds))}


def author_of(commit: Commit) -> Json:
    return _person(commit.author, commit.author_time)


def committer_of(commit: Commit) -> Json:
    return _person(commit.committer, commit.commit_time)


def verification(commit: Commit) -> Json:
    """GitHub signs what an App commits through the API without naming an author; nothing else here is."""
    signed = commit.gpgsig is not None
    return {
        "verified": signed,
        "reason": "valid" if signed else "unsigned",
        "signature": commit.gpgsig.decode() if commit.gpgsig else None,
        "payload": commit.message.decode(errors="replace") if signed else None,
        "verified_at": stamp(moment(commit.commit_time)) if signed else None,
    }


def git_commit(world: World, repo: Repository, commit: Commit) -> Json:
    """A commit as the Git Data API shows it."""
    sha = commit.id.decode()
    api = f"{repo_url(world, repo)}/git"
    html = f"{world.url}/{repo.full_name}/commit"
    return {
        "sha": sha,
        "node_id": node_id("Commit", sha),
        "url": f"{api}/commits/{sha}",
        "html_url": f"{html}/{sha}",
        "author": author_of(commit),
        "committer": committer_of(commit),
        "tree": {"sha": commit.tree.decode(), "url": f"{api}/trees/{commit.tree.decode()}"},
        "message": commit.message.decode(errors="replace"),
        "parents": [
            {"sha": p.decode(), "url": f"{api}/commits/{p.decode()}", "html_url": f"{html}/{p.decode()}"}
            for p in commit.parents
        ],
        "verification": verification(commit),
    }


def _known(world: World, person: Json) -> Json | None:
    """The account behind a commit's email, as GitHub links it."""
    login = person["email"].partition("@")[0].rpartition("+")[2]
    found = world.accounts.get(login.lower())
    return user(world, found) if found else None


def commit(world: World, repo: Repository, it: Commit) -> Json:
    """A commit as the repository API shows it."""
    data = git_commit(world, repo, it)
    sha = data["sha"]
    api = f"{repo_url(world, repo)}/commits/{sha}"
    return {
        "sha": sha,
        "node_id": data["node_id"],
        "commit": {
            "author": data["author"],
            "committer": data["committer"],
            "message": data["message"],
            "tree": data["tree"],
            "url": data["url"],
            "comment_count": 0,
            "verification": data["verification"],
        },
        "url": api,
        "html_url": data["html_url"],
        "comments_url": f"{api}/comments",
        "author": _known(world, data["author"]),
        "committer": _known(world, data["committer"]),
        "parents": data["parents"],
    }
