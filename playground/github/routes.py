"""Every operation this GitHub answers, by GitHub's own names, and what each asks of its caller."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from playground.github import (
    actions,
    apps,
    checks,
    comments,
    git_data,
    issues,
    pulls,
    reactions,
    repos,
    standing,
    teams,
)
from playground.github.answers import Answer, Call
from playground.github.auth import Needs

Endpoint = Callable[[Call], Answer]


class AsApp:
    """Only with the App's own JWT."""


class Anybody:
    """With or without credentials."""


class AsUser:
    """Only with a token with which the App acts as a person."""


class AsClient:
    """Only with the App's client id and client secret, by HTTP Basic."""


class AnyToken:
    """With any installation token."""


Guard = Needs | type[AsApp] | type[AsUser] | type[AsClient] | type[Anybody] | type[AnyToken]

METADATA = Needs("read", ("metadata",))
READ_CONTENTS = Needs("read", ("contents",))
WRITE_CONTENTS = Needs("write", ("contents",))
READ_PULLS = Needs("read", ("pull_requests",))
WRITE_PULLS = Needs("write", ("pull_requests",))
READ_TALK = Needs("read", ("issues", "pull_requests"))
WRITE_TALK = Needs("write", ("issues", "pull_requests"))
READ_ISSUES = Needs("read", ("issues",))
WRITE_ISSUES = Needs("write", ("issues",))
READ_CHECKS = Needs("read", ("checks",))
WRITE_CHECKS = Needs("write", ("checks",))
READ_ACTIONS = Needs("read", ("actions",))
READ_MEMBERS = Needs("read", ("members",))
READ_STATUSES = Needs("read", ("statuses",))


@dataclass(frozen=True, slots=True)
class Route:
    method: str
    template: str
    endpoint: Endpoint
    guard: Guard

    @property
    def name(self) -> str:
        return f"{self.method} {self.template}"


_R = "/repos/{owner}/{repo}"
_COMMENT = _R + "/issues/comments/{comment_id}"
_REVIEW = _R + "/pulls/comments/{comment_id}"
_PULL = _R + "/pulls/{pull_number}"
_ISSUE = _R + "/issues/{issue_number}"

TABLE: tuple[Route, ...] = (
    Route("GET", "/zen", apps.zen, Anybody),
    Route("GET", "/rate_limit", apps.rate_limit, Anybody),
    Route("GET", "/apps/{app_slug}", apps.app_by_slug, Anybody),
    Route("GET", "/users/{username}", apps.user, AnyToken),
    Route("GET", "/user", apps.user_self, AsUser),
    Route("GET", "/user/{account_id}", apps.user_by_id, AnyToken),
    Route("DELETE", "/applications/{client_id}/token", apps.user_token_delete, AsClient),
    Route("GET", "/app", apps.app_get, AsApp),
    Route("GET", "/app/installations", apps.installations, AsApp),
    Route("GET", "/app/installations/{installation_id}", apps.installation_get, AsApp),
    Route("POST", "/app/installations/{installation_id}/access_tokens", apps.token_create, AsApp),
    Route("GET", "/app/hook/config", apps.hook_config, AsApp),
    Route("PATCH", "/app/hook/config", apps.hook_configure, AsApp),
    Route("GET", "/app/hook/deliveries", apps.deliveries, AsApp),
    Route("GET", "/app/hook/deliveries/{delivery_id}", apps.delivery_get, AsApp),
    Route("POST", "/app/hook/deliveries/{delivery_id}/attempts", apps.redeliver, AsApp),
    Route("GET", _R + "/installation", apps.repo_installation, AsApp),
    Route("GET", "/orgs/{org}/installation", apps.account_installation, AsApp),
    Route("GET", "/orgs/{org}/teams/{team_slug}/memberships/{username}", teams.membership, READ_MEMBERS),
    Route("GET", "/users/{username}/installation", apps.account_installation, AsApp),
    Route("GET", "/installation/repositories", apps.repositories, AnyToken),
    Route("DELETE", "/installation/token", apps.token_delete, AnyToken),
    Route("GET", _R, repos.get, METADATA),
    Route("GET", _R + "/collaborators/{username}/permission", repos.permission, METADATA),
    Route("GET", _R + "/branches", repos.branches, READ_CONTENTS),
    Route("GET", _R + "/branches/{branch}", repos.branch, READ_CONTENTS),
    Route("GET", _R + "/commits", repos.commits, READ_CONTENTS),
    Route("GET", _R + "/commits/{ref}", repos.commit, READ_CONTENTS),
    Route("GET", _R + "/commits/{commit_sha}/pulls", pulls.with_commit, READ_PULLS),
    Route("GET", _R + "/compare/{basehead}", repos.compare, READ_CONTENTS),
    Route("GET", _R + "/contents/{path}", repos.contents, READ_CONTENTS),
    Route("GET", _R + "/git/ref/{ref}", git_data.ref_get, READ_CONTENTS),
    Route("GET", _R + "/git/matching-refs/{ref}", git_data.ref_matching, READ_CONTENTS),
    Route("POST", _R + "/git/refs", git_data.ref_create, WRITE_CONTENTS),
    Route("PATCH", _R + "/git/refs/{ref}", git_data.ref_update, WRITE_CONTENTS),
    Route("DELETE", _R + "/git/refs/{ref}", git_data.ref_delete, WRITE_CONTENTS),
    Route("GET", _R + "/git/blobs/{file_sha}", git_data.blob_get, READ_CONTENTS),
    Route("POST", _R + "/git/blobs", git_data.blob_create, WRITE_CONTENTS),
    Route("GET", _R + "/git/trees/{tree_sha}", git_data.tree_get, READ_CONTENTS),
    Route("POST", _R + "/git/trees", git_data.tree_create, WRITE_CONTENTS),
    Route("GET", _R + "/git/commits/{commit_sha}", git_data.commit_get, READ_CONTENTS),
    Route("POST", _R + "/git/commits", git_data.commit_create, WRITE_CONTENTS),
    Route("GET", _R + "/pulls", pulls.listed, READ_PULLS),
    Route("POST", _R + "/pulls", pulls.create, WRITE_PULLS),
    Route("GET", _PULL, pulls.get, READ_PULLS),
    Route("PATCH", _PULL, pulls.update, WRITE_PULLS),
    Route("GET", _PULL + "/files", pulls.files, READ_PULLS),
    Route("GET", _PULL + "/commits", pulls.commits, READ_PULLS),
    Route("GET", _PULL + "/comments", comments.review_listed, READ_PULLS),
    Route("GET", _PULL + "/reviews", standing.reviews, READ_PULLS),
    Route("POST", _PULL + "/comments", comments.review_create, WRITE_PULLS),
    Route("POST", _PULL + "/comments/{comment_id}/replies", comments.review_reply, WRITE_PULLS),
    Route("GET", _REVIEW, comments.review_get, READ_PULLS),
    Route("PATCH", _REVIEW, comments.review_update, WRITE_PULLS),
    Route("DELETE", _REVIEW, comments.review_delete, WRITE_PULLS),
    Route("GET", _REVIEW + "/reactions", reactions.listed, READ_PULLS),
    Route("POST", _REVIEW + "/reactions", reactions.create, WRITE_PULLS),
    Route("DELETE", _REVIEW + "/reactions/{reaction_id}", reactions.delete, WRITE_PULLS),
    Route("GET", _R + "/issues", issues.listed, READ_ISSUES),
    Route("POST", _R + "/issues", issues.create, WRITE_ISSUES),
    Route("GET", _ISSUE, issues.get, READ_TALK),
    Route("GET", _ISSUE + "/comments", comments.listed, READ_TALK),
    Route("POST", _ISSUE + "/comments", comments.create, WRITE_TALK),
    Route("GET", _ISSUE + "/reactions", reactions.listed, READ_TALK),
    Route("POST", _ISSUE + "/reactions", reactions.create, WRITE_TALK),
    Route("GET", _COMMENT, comments.get, READ_TALK),
    Route("PATCH", _COMMENT, comments.update, WRITE_TALK),
    Route("DELETE", _COMMENT, comments.delete, WRITE_TALK),
    Route("GET", _COMMENT + "/reactions", reactions.listed, READ_TALK),
    Route("POST", _COMMENT + "/reactions", reactions.create, WRITE_TALK),
    Route("DELETE", _COMMENT + "/reactions/{reaction_id}", reactions.delete, WRITE_TALK),
    Route("POST", _R + "/check-runs", checks.create, WRITE_CHECKS),
    Route("GET", _R + "/check-runs/{check_run_id}", checks.get, READ_CHECKS),
    Route("PATCH", _R + "/check-runs/{check_run_id}", checks.update, WRITE_CHECKS),
    Route("GET", _R + "/check-runs/{check_run_id}/annotations", checks.annotations_listed, READ_CHECKS),
    Route("POST", _R + "/check-runs/{check_run_id}/rerequest", checks.rerequest, WRITE_CHECKS),
    Route("GET", _R + "/commits/{ref}/check-runs", checks.at_commit, READ_CHECKS),
    Route("GET", _R + "/commits/{ref}/status", standing.combined, READ_STATUSES),
    Route("GET", _R + "/commits/{ref}/check-suites", checks.suites_at_commit, READ_CHECKS),
    Route("GET", _R + "/check-suites/{check_suite_id}", checks.suite_get, READ_CHECKS),
    Route("GET", _R + "/check-suites/{check_suite_id}/check-runs", checks.in_suite, READ_CHECKS),
    Route("POST", _R + "/check-suites/{check_suite_id}/rerequest", checks.suite_rerequest, WRITE_CHECKS),
    Route("GET", _R + "/actions/jobs/{job_id}/logs", actions.job_log, READ_ACTIONS),
)
