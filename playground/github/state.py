"""Everything this GitHub remembers: accounts, repositories, conversations, checks, apps."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playground.github.answers import Json, Refused

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    from playground.github.faults import Faults
    from playground.github.hooks import Hooks
    from playground.github.limits import Limits
    from playground.github.store import Store

ROLES = ("none", "read", "triage", "write", "maintain", "admin")


def now() -> datetime:
    return datetime.now(UTC)


def stamp(moment: datetime | None) -> str | None:
    """A moment as GitHub writes it, to the second."""
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(slots=True)
class Account:
    login: str
    id: int
    kind: str = "User"  # User, Organization or Bot
    created_at: datetime = field(default_factory=now)


@dataclass(slots=True)
class Reaction:
    id: int
    user: Account
    content: str
    created_at: datetime


@dataclass(slots=True)
class Comment:
    id: int
    issue: Issue
    author: Account
    body: str
    created_at: datetime
    updated_at: datetime
    via: App | None = None
    reactions: list[Reaction] = field(default_factory=list)
    edits: list[tuple[datetime, str]] = field(default_factory=list)


@dataclass(slots=True)
class ReviewComment(Comment):
    path: str = ""
    line: int | None = None
    start_line: int | None = None
    side: str = "RIGHT"
    commit_id: str = ""
    diff_hunk: str = ""
    in_reply_to: int | None = None
    review_id: int = 0


@dataclass(frozen=True, slots=True)
class Merged:
    """Of a pull request that was merged: the merge commit, by whom, and when."""

    commit: str
    by: Account
    at: datetime


@dataclass(slots=True)
class Pull:
    """What makes an issue a pull request."""

    id: int
    base_ref: str
    base_sha: str
    head_repo: Repository
    head_ref: str
    head_sha: str
    draft: bool = False
    maintainer_can_modify: bool = False
    merged: Merged | None = None


@dataclass(slots=True)
class Issue:
    id: int
    repo: Repository
    number: int
    title: str
    body: str | None
    author: Account
    created_at: datetime
    updated_at: datetime
    state: str = "open"
    locked: bool = False
    closed_at: datetime | None = None
    closed_by: Account | None = None
    via: App | None = None
    pull: Pull | None = None
    comments: list[Comment] = field(default_factory=list)
    review_comments: list[ReviewComment] = field(default_factory=list)
    reactions: list[Reaction] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Review:
    """What somebody says of a pull request as a whole. `commit` was its head at the time."""

    id: int
    author: Account
    state: str
    commit: str
    submitted_at: datetime


@dataclass(frozen=True, slots=True)
class Status:
    """What a program says of a commit, in the way that is older than check runs."""

    id: int
    sha: str
    context: str
    state: str
    creator: Account
    created_at: datetime


@dataclass(slots=True)
class CheckSuite:
    id: int
    repo: Repository
    app: App
    head_sha: str
    head_branch: str | None
    before: str | None
    created_at: datetime
    updated_at: datetime
    runs: list[CheckRun] = field(default_factory=list)


@dataclass(slots=True)
class CheckRun:
    id: int
    suite: CheckSuite
    name: str
    status: str
    conclusion: str | None
    started_at: datetime | None
    completed_at: datetime | None
    details_url: str | None
    external_id: str
    title: str | None = None
    summary: str | None = None
    text: str | None = None
    annotations: list[Json] = field(default_factory=list)
    actions: list[Json] = field(default_factory=list)
    history: list[Json] = field(default_factory=list)
    log: str | None = None  # of a job of GitHub Actions


@dataclass(frozen=True, slots=True)
class LogLink:
    """An address under which a log can be fetched for a while."""

    log: str
    until: datetime


@dataclass(slots=True)
class Repository:
    id: int
    owner: Account
    name: str
    store: Store
    default_branch: str
    private: bool
    created_at: datetime
    updated_at: datetime
    pushed_at: datetime
    description: str | None = None
    parent: Repository | None = None
    archived: bool = False
    roles: dict[str, str] = field(default_factory=dict)
    issues: dict[int, Issue] = field(default_factory=dict)
    statuses: list[Status] = field(default_factory=list)

    @property
    def full_name(self) -> str:
        return f"{self.owner.login}/{self.name}"

    def role_of(self, login: str) -> str:
        if login == self.owner.login:
            return "admin"
        return self.roles.get(login, "none" if self.private else "read")


@dataclass(slots=True)
class App:
    id: int
    slug: str
    name: str
    owner: Account
    bot: Account
    public_key: RSAPublicKey | None  # None: nobody here can be this App
    client_id: str
    permissions: dict[str, str]
    events: list[str]
    created_at: datetime
    client_secret: str | None = None  # None: nobody here can be this App when it signs people in
    callback_urls: tuple[str, ...] = ()  # none: any address of this machine


@dataclass(slots=True)
class Installation:
    id: int
    app: App
    account: Account
    permissions: dict[str, str]
    repositories: list[Repository]
    created_at: datetime
    updated_at: datetime
    suspended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Token:
    value: str
    installation: Installation
    repositories: tuple[Repository, ...] | None  # None: whatever the installation sees
    permissions: dict[str, str]
    expires_at: datetime

    def sees(self, repo: Repository) -> bool:
        # By identity: comparing repositories field by field would walk the whole world.
        scope = self.installation.repositories if self.repositories is None else self.repositories
        installed = any(repo is mine for mine in self.installation.repositories)
        return installed and any(repo is mine for mine in scope)


@dataclass(frozen=True, slots=True)
class SignInCode:
    """Somebody has shown an App who they are: with this code it may ask for a token, once."""

    app: App
    account: Account
    redirect_uri: str
    until: datetime


@dataclass(frozen=True, slots=True)
class UserToken:
    """With it an App acts as a person."""

    value: str
    app: App
    account: Account
    expires_at: datetime


class World:
    """The whole state of one local GitHub. Changed only on the server's event loop."""

    def __init__(self, folder: Path, *, url: str, hooks: Hooks, limits: Limits, faults: Faults) -> None:
        self.folder = folder
        self.url = url
        self.hooks = hooks
        self.limits = limits
        self.faults = faults
        self.forget_everything()

    def forget_everything(self) -> None:
        self.apps: dict[int, App] = {}
        self.accounts: dict[str, Account] = {}
        self.repositories: dict[str, Repository] = {}
        self.moved: dict[str, Repository] = {}  # by the name that a repository had before
        self.installations: dict[int, Installation] = {}
        self.teams: dict[tuple[str, str], dict[str, str]] = {}  # organisation and slug: state by login
        self.tokens: dict[str, Token] = {}
        self.authorized: set[tuple[int, int]] = set()  # App and account: may know who they are
        self.sign_in_codes: dict[str, SignInCode] = {}
        self.user_tokens: dict[str, UserToken] = {}
        self.comments: dict[int, Comment] = {}
        self.review_comments: dict[int, ReviewComment] = {}
        self.check_suites: dict[int, CheckSuite] = {}
        self.check_runs: dict[int, CheckRun] = {}
        self.log_links: dict[str, LogLink] = {}
        self.requests: list[Json] = []
        self.unknown_routes: list[str] = []
        self.broken_contracts: list[Json] = []
        self.version = 0
        self._ids: Iterator[int] = itertools.count(100_001)

    def new_id(self) -> int:
        return next(self._ids)

    def changed(self) -> None:
        """Tell the pages that there is something new to show."""
        self.version += 1

    @property
    def app(self) -> App:
        """The App under test: the first one registered."""
        return next(iter(self.apps.values()))

    def account(self, login: str) -> Account:
        found = self.accounts.get(login.lower())
        if found is None:
            raise Refused(404, f"There is no account {login} in this playground.")
        return found

    def app_of(self, client_id: str) -> App | None:
        return next((app for app in self.apps.values() if app.client_id == client_id), None)

    def repo(self, full_name: str) -> Repository:
        found = self.repositories.get(full_name.lower())
        if found is None:
            raise Refused(404, f"There is no repository {full_name} in this playground.")
        return found

    def installation_on(self, repo: Repository) -> Installation | None:
        """Where the App under test is installed so that it sees `repo`."""
        for installation in self.installations.values():
            if installation.app is self.app and any(repo is mine for mine in installation.repositories):
                return installation
        return None

    def suites_of(self, repo: Repository, sha: str) -> list[CheckSuite]:
        return [s for s in self.check_suites.values() if s.repo is repo and s.head_sha == sha]

    def pulls_from(self, repo: Repository, branch: str) -> list[Issue]:
        """Open pull requests whose head is this branch, in whatever repository they were opened."""
        return [
            issue
            for base in self.repositories.values()
            for issue in base.issues.values()
            if issue.pull is not None
            and issue.state == "open"
            and issue.pull.head_repo is repo
            and issue.pull.head_ref == branch
        ]

    def record_unknown_route(self, method: str, path: str) -> None:
        self.unknown_routes.append(f"{method} {path}")

    def record_broken_contract(self, side: str, operation: str, complaint: str, **detail: Any) -> None:
        self.broken_contracts.append({"side": side, "operation": operation, "complaint": complaint, **detail})
