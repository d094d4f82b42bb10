"""GitHub's webhook payloads, as far as we need them, turned into our events. Knows no HTTP and no secret.

Narrow on purpose: GitHub adds fields and actions without notice, and its own samples break its own schema.
What is not for us is `Ignored` with a reason; only a body that is no JSON object is `Malformed`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from bot.events import (
    AuthorizationRevoked,
    CheckPressed,
    Comment,
    CommentDeleted,
    Commented,
    CommentKind,
    Event,
    InstallationChanged,
    Pinged,
    PullChange,
    PullChanged,
    RepositoryChanged,
    Subject,
    SuiteRerun,
)
from bot.ids import InstallationId, Login, Person, Place, Repo, Sha

MOST_OF_A_TEXT = 16_000  # characters of an issue's text: more of it is never shown to a model


@dataclass(frozen=True)
class Heard:
    """An event for us. `content_key` is the same whenever the same thing is told again, and only then."""

    event: Event
    content_key: str


@dataclass(frozen=True)
class Ignored:
    """Nothing for us, and why: for the log and the sender's delivery page."""

    reason: str


class Malformed(ValueError):
    """The body is not a JSON object."""


def hear(event_name: str, body: bytes, *, app_id: int, app_slug: str) -> Heard | Ignored:
    """What a delivery says. `event_name` is an unsigned header: under a wrong one no field is found."""
    payload = _decode(body)
    us = _Us(app_id, f"{app_slug}[bot]")
    if (unwelcome := _not_from_a_person(payload, us, is_fact=event_name in _FACTS)) is not None:
        return Ignored(unwelcome)
    readers = _READERS.get(event_name)
    if readers is None:
        return Ignored("this event is not for us")
    action = payload.get("action", "")
    reader = readers.get(action) if isinstance(action, str) else None
    if reader is None:
        return Ignored("this action is not for us")
    try:
        return reader(payload, us)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        return Ignored(f"{'.'.join(str(part) for part in first['loc'])}: {first['msg'].lower()}")


def _decode(body: bytes) -> dict[str, Any]:
    try:
        payload = orjson.loads(body)  # refuses what nests deeper than 1,024, without recursion of ours
    except orjson.JSONDecodeError as error:
        raise Malformed("the body is not JSON, or nests too deeply") from error
    if not isinstance(payload, dict):
        raise Malformed("the body is not a JSON object")
    return payload


# --- who speaks ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Us:
    app_id: int
    bot_login: str

    def is_called(self, login: object) -> bool:
        """GitHub does not mind upper and lower case."""
        return isinstance(login, str) and login.lower() == self.bot_login.lower()


# They count also when a bot did them.
_FACTS = frozenset({"pull_request", "repository", "installation", "installation_repositories"})


def _not_from_a_person(payload: Mapping[str, Any], us: _Us, *, is_fact: bool) -> str | None:
    """Read from the raw payload, so that no event, action or field can get in front of it."""
    comment = payload.get("comment")
    if isinstance(comment, dict):
        through = comment.get("performed_via_github_app")
        if isinstance(through, dict) and through.get("id") == us.app_id:
            return "this is our own comment"
        author = comment.get("user")
        if isinstance(author, dict) and us.is_called(author.get("login")):
            return "this is our own comment"  # whoever edits or deletes it
    sender = payload.get("sender")
    if "hook_id" in payload and sender is None:
        return None  # the ping of an App's webhook comes from GitHub itself
    if not isinstance(sender, dict):
        return "nobody sent this: the account is gone"
    if us.is_called(sender.get("login")):
        return "we did this ourselves"
    if _is_a_bot(sender) and not is_fact and not _has_an_app(payload):
        return "a bot did this"
    return None


def _has_an_app(payload: Mapping[str, Any]) -> bool:
    """Whether a bot has just written this, and its App can be told by id: desk knows which may. What a bot
    edits, deletes or presses is not heard."""
    comment = payload.get("comment")
    through = comment.get("performed_via_github_app") if isinstance(comment, dict) else None
    return payload.get("action") == "created" and isinstance(through, dict) and type(through.get("id")) is int


def _is_a_bot(account: Mapping[str, Any]) -> bool:
    """No person's login can end like this, whatever the type says."""
    login = account.get("login")
    return account.get("type") == "Bot" or (isinstance(login, str) and login.endswith("[bot]"))


# --- the fields we read --------------------------------------------------------------------------------

_Id = Annotated[int, Field(gt=0, lt=2**63)]
_Hex = Annotated[str, Field(pattern=r"^(?:[0-9a-f]{40}|[0-9a-f]{64})$")]


class _Narrow(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Account(_Narrow):
    id: _Id
    login: Annotated[str, Field(min_length=1)]
    type: str = "User"


class _Owner(_Narrow):
    login: Annotated[str, Field(min_length=1)]


class _Repository(_Narrow):
    id: _Id
    name: Annotated[str, Field(min_length=1)]
    owner: _Owner
    updated_at: str | int = ""


class _Numbered(_Narrow):
    id: _Id


class _Here(_Narrow):
    """What every payload about a repository carries, when it comes from an installed App."""

    installation: _Numbered
    repository: _Repository
    sender: _Account

    @property
    def place(self) -> Place:
        repo = Repo(self.repository.owner.login, self.repository.name)
        return Place(InstallationId(self.installation.id), repo, self.repository.id)

    @property
    def actor(self) -> Person:
        return Person(self.sender.id, Login(self.sender.login))


class _Comment(_Narrow):
    id: _Id
    body: str
    html_url: str
    user: _Account | None
    updated_at: AwareDatetime
    performed_via_github_app: _Numbered | None = None  # also of a person who uses an App


class _OldBody(_Narrow):
    from_: Annotated[str, Field(alias="from")]


class _Changes(_Narrow):
    body: _OldBody | None = None


class _Titled(_Narrow):
    number: _Id
    title: str = ""
    body: str | None = None

    @property
    def subject(self) -> Subject:
        return Subject(self.title, (self.body or "")[:MOST_OF_A_TEXT])


class _Issue(_Titled):
    pull_request: Mapping[str, Any] | None = None


class _IssueComment(_Here):
    action: str
    comment: _Comment
    changes: _Changes | None = None
    issue: _Issue


class _RepositoryChange(_Here):
    action: str


class _ReviewComment(_Here):
    action: str
    comment: _Comment
    changes: _Changes | None = None
    pull_request: _Titled


class _Head(_Narrow):
    sha: _Hex


class _PullRequest(_Narrow):
    number: _Id
    head: _Head
    updated_at: str


class _Pull(_Here):
    action: str
    pull_request: _PullRequest


class _Output(_Narrow):
    title: str | None = None
    summary: str | None = None
    text: str | None = None
    annotations_count: int = 0


class _Check(_Narrow):
    id: _Id
    head_sha: _Hex
    external_id: Annotated[str, Field(min_length=1)]
    status: str
    conclusion: str | None = None
    started_at: str | None = None
    completed_at: str | None = None
    output: _Output = _Output()
    app: _Numbered


class _Button(_Narrow):
    identifier: Annotated[str, Field(min_length=1)]


class _CheckRun(_Here):
    action: str
    check_run: _Check
    requested_action: _Button | None = None


class _Suite(_Narrow):
    id: _Id
    head_sha: _Hex
    updated_at: AwareDatetime
    app: _Numbered


class _CheckSuite(_Here):
    check_suite: _Suite


class _InstalledOn(_Narrow):
    login: str = ""  # an enterprise has a slug instead
    slug: str = ""


class _Installed(_Narrow):
    id: _Id
    account: _InstalledOn
    updated_at: str | int = ""


class _Installation(_Narrow):
    action: str
    installation: _Installed
    sender: _Account
    repositories: tuple[_Numbered, ...] = ()
    repositories_added: tuple[_Numbered, ...] = ()
    repositories_removed: tuple[_Numbered, ...] = ()


class _Authorization(_Narrow):
    sender: _Account


class _Hook(_Narrow):
    updated_at: str = ""


class _Ping(_Narrow):
    zen: str
    hook_id: _Id
    hook: _Hook = _Hook()


# --- from fields to events -----------------------------------------------------------------------------


def _heard(event: Event, *what_happened: object) -> Heard:
    """The key is a hash of what happened and of nothing else: no header, and no time of arrival but in one
    event that says too little."""
    return Heard(event, hashlib.sha256(orjson.dumps([event.kind, *what_happened])).hexdigest())


def _issue_comment(payload: Mapping[str, Any], _: _Us) -> Heard | Ignored:
    told = _IssueComment.model_validate(payload)
    return _commented(told, CommentKind.ISSUE, told.issue, on_pull=told.issue.pull_request is not None)


def _review_comment(payload: Mapping[str, Any], _: _Us) -> Heard | Ignored:
    told = _ReviewComment.model_validate(payload)
    return _commented(told, CommentKind.REVIEW, told.pull_request, on_pull=True)


def _commented(
    told: _IssueComment | _ReviewComment, kind: CommentKind, about: _Titled, *, on_pull: bool
) -> Heard | Ignored:
    comment, author = told.comment, told.comment.user
    if author is None:
        return Ignored("the comment's author is gone")
    if author.id != told.sender.id:
        return Ignored("somebody else changed this comment")
    previous = None
    if told.action == "edited":
        if told.changes is None or told.changes.body is None:
            return Ignored("the text did not change")
        previous = told.changes.body.from_
    through = comment.performed_via_github_app
    app_id = through.id if through and _is_a_bot(told.sender.model_dump()) else None
    event = Commented(
        place=told.place,
        author=Person(told.sender.id, Login(told.sender.login), app_id),
        number=about.number,
        on_pull=on_pull,
        comment=Comment(kind, comment.id, comment.body, comment.html_url),
        previous_text=previous,
        at=comment.updated_at,
        subject=about.subject,
    )
    at = comment.updated_at
    return _heard(event, told.repository.id, kind, comment.id, comment.body, previous, at)


def _comment_deleted(payload: Mapping[str, Any], _: _Us) -> Heard | Ignored:
    told = _IssueComment.model_validate(payload)
    return _deleted(told, CommentKind.ISSUE, told.issue.number)


def _review_comment_deleted(payload: Mapping[str, Any], _: _Us) -> Heard | Ignored:
    told = _ReviewComment.model_validate(payload)
    return _deleted(told, CommentKind.REVIEW, told.pull_request.number)


def _deleted(told: _IssueComment | _ReviewComment, kind: CommentKind, number: int) -> Heard | Ignored:
    """Whoever deleted it: an administrator's word counts like the author's."""
    comment = Comment(kind, told.comment.id, told.comment.body, told.comment.html_url)
    event = CommentDeleted(told.place, told.actor, number, comment)
    return _heard(event, told.repository.id, kind, comment.id)


def _repository(payload: Mapping[str, Any], _: _Us) -> Heard | Ignored:
    told = _RepositoryChange.model_validate(payload)
    event = RepositoryChanged(told.place, told.actor, told.action)
    return _heard(event, told.repository.id, told.action, str(told.place.repo), told.repository.updated_at)


_PULL_CHANGES = {
    "opened": PullChange.OPENED,
    "synchronize": PullChange.PUSHED,
    "closed": PullChange.CLOSED,
    "converted_to_draft": PullChange.DRAFTED,
}


def _pull_request(payload: Mapping[str, Any], _: _Us) -> Heard | Ignored:
    told = _Pull.model_validate(payload)
    pull, change = told.pull_request, _PULL_CHANGES[told.action]
    event = PullChanged(told.place, told.actor, pull.number, change, Sha(pull.head.sha))
    return _heard(event, told.repository.id, pull.number, change, pull.head.sha, pull.updated_at)


def _check_run(payload: Mapping[str, Any], us: _Us) -> Heard | Ignored:
    """A press carries no time and no id of its own. Two presses are two when the check run that the person
    saw had changed in between (state, times, text): then a double click is one press, a button that was
    answered can be pressed again, and a captured body is worth nothing once its press was answered.
    """
    told = _CheckRun.model_validate(payload)
    check = told.check_run
    if check.app.id != us.app_id:
        return Ignored("this check run is not ours")
    button = None
    if told.action == "requested_action":
        if told.requested_action is None:
            return Ignored("no button is named")
        button = told.requested_action.identifier
    event = CheckPressed(
        place=told.place,
        actor=told.actor,
        check_run_id=check.id,
        run_ref=check.external_id,
        head_sha=Sha(check.head_sha),
        button=button,
        at=datetime.now(UTC),  # GitHub does not say when; the key below leaves it out
    )
    seen = check.model_dump(mode="json", exclude={"app"})
    return _heard(event, told.repository.id, told.sender.id, button, seen)


def _check_suite(payload: Mapping[str, Any], us: _Us) -> Heard | Ignored:
    told = _CheckSuite.model_validate(payload)
    suite = told.check_suite
    if suite.app.id != us.app_id:
        return Ignored("this check suite is not ours")
    event = SuiteRerun(told.place, told.actor, suite.id, Sha(suite.head_sha), suite.updated_at)
    return _heard(event, told.repository.id, told.sender.id, suite.id, suite.head_sha, suite.updated_at)


def _installation(payload: Mapping[str, Any], _: _Us) -> Heard | Ignored:
    told = _Installation.model_validate(payload)
    change = {"added": "repositories_added", "removed": "repositories_removed"}.get(told.action, told.action)
    added = [repository.id for repository in told.repositories_added]
    removed = [repository.id for repository in told.repositories_removed]
    event = InstallationChanged(
        installation=InstallationId(told.installation.id),
        account=told.installation.account.login or told.installation.account.slug,
        change=change,
        actor=Person(told.sender.id, Login(told.sender.login)),
        repositories=(*(repository.id for repository in told.repositories), *added),
    )
    return _heard(event, told.installation.id, change, told.installation.updated_at, added, removed)


def _authorization(payload: Mapping[str, Any], _: _Us) -> Heard | Ignored:
    """GitHub says who, and nothing else: whoever revokes for the second time is told of in the same bytes. So
    the time of arrival is in the key, and a delivery is known again by its guid alone. All that a captured
    body can do once more is to take links away."""
    told = _Authorization.model_validate(payload)
    now = datetime.now(UTC)
    event = AuthorizationRevoked(Person(told.sender.id, Login(told.sender.login)), now)
    return _heard(event, told.sender.id, now)


def _ping(payload: Mapping[str, Any], _: _Us) -> Heard | Ignored:
    told = _Ping.model_validate(payload)
    return _heard(Pinged(told.zen), told.hook_id, told.zen, told.hook.updated_at)


_Reader = Callable[[Mapping[str, Any], _Us], Heard | Ignored]

_READERS: Mapping[str, Mapping[str, _Reader]] = {
    "issue_comment": {"created": _issue_comment, "edited": _issue_comment, "deleted": _comment_deleted},
    "pull_request_review_comment": {
        "created": _review_comment,
        "edited": _review_comment,
        "deleted": _review_comment_deleted,
    },
    "pull_request": dict.fromkeys(_PULL_CHANGES, _pull_request),
    "check_run": {"requested_action": _check_run, "rerequested": _check_run},
    "check_suite": {"rerequested": _check_suite},
    "repository": dict.fromkeys(("renamed", "transferred", "archived", "unarchived", "deleted"), _repository),
    "installation": dict.fromkeys(
        ("created", "deleted", "suspend", "unsuspend", "new_permissions_accepted"), _installation
    ),
    "installation_repositories": {"added": _installation, "removed": _installation},
    "github_app_authorization": {"revoked": _authorization},
    "ping": {"": _ping},
}

EVENTS = frozenset(_READERS)  # every event name that can be heard
