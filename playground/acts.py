"""The acts people do in a playground, and what can be looked at: one table, used by control API and pages."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from playground import moving
from playground.github import actions, checks, comments, issues, pulls, reactions, shapes, standing, teams
from playground.github.announce import announce_installation
from playground.github.answers import Json, Refused, unprocessable
from playground.github.auth import mint
from playground.github.faults import Fault, Kind
from playground.github.git_http import install_hook
from playground.github.hooks import Disturbance, full, item
from playground.github.pushing import Move, move_ref
from playground.github.state import (
    ROLES,
    Account,
    CheckRun,
    Comment,
    Installation,
    Issue,
    Merged,
    Repository,
    ReviewComment,
    World,
    now,
    stamp,
)
from playground.github.store import NO_SHA, Signature, Store

Files = Mapping[str, str | None]
KINDS = {"User", "Organization", "Bot"}


# -- the ground: accounts, repositories, installations -----------------------------------------------


def add_account(world: World, *, login: str, kind: str = "User", id: int | None = None) -> Json:  # noqa: A002
    """An account of this name, made if it is new."""
    if kind not in KINDS:
        raise unprocessable(f"{kind} is not a kind of account.")
    found = world.accounts.get(login.lower())
    if found is None:
        found = world.accounts[login.lower()] = Account(login, id or world.new_id(), kind)
    return {"login": found.login, "id": found.id, "kind": found.kind}


def rename_account(world: World, *, login: str, to: str) -> Json:
    """An account is called otherwise; whatever knows it by its id still does."""
    who, was = world.account(login), world.account(login).login
    if world.accounts.get(to.lower(), who) is not who:
        raise unprocessable(f"There is an account {to} already.")
    world.accounts[to.lower()] = world.accounts.pop(was.lower())
    for known in (*(repo.roles for repo in world.repositories.values()), *world.teams.values()):
        if was in known:
            known[to] = known.pop(was)
    own = [name for name, repo in world.repositories.items() if repo.owner is who]
    who.login = to
    for name in own:
        repo = world.moved[name] = world.repositories.pop(name)
        world.repositories[repo.full_name.lower()] = repo
    world.changed()
    return {"login": who.login, "id": who.id}


def add_repository(
    world: World,
    *,
    name: str,
    files: Files | None = None,
    folder: str | None = None,
    default_branch: str = "main",
    private: bool = False,
    roles: Mapping[str, str] | None = None,
    install: bool = True,
    id: int | None = None,  # noqa: A002
) -> Json:
    """A repository `owner/name` with one first commit of `files` or of what is in `folder`."""
    owner_login, _, short = name.partition("/")
    if not short or name.lower() in world.repositories:
        raise unprocessable(f"A repository is called owner/name and only once, not {name}.")
    if owner_login.lower() not in world.accounts:
        add_account(world, login=owner_login, kind="Organization")
    owner = world.account(owner_login)
    repo = _new_repository(world, owner, short, default_branch=default_branch, private=private, id=id)
    contents: dict[str, str | None] = {"README.md": f"# {short}\n"} if files is None else dict(files)
    if folder is not None:
        contents = _files_of(Path(folder))
    sha = _commit(repo, contents, message="Begin", author=owner, parent=None)
    repo.store.set_ref(f"refs/heads/{default_branch}", sha)
    for login, role in (roles or {}).items():
        add_account(world, login=login)
        set_role(world, repo=name, user=login, role=role)
    if install:
        _installation(world, owner).repositories.append(repo)
    return {"name": repo.full_name, "id": repo.id, "sha": sha, "clone_url": f"{world.url}/{name}.git"}


def _new_repository(
    world: World,
    owner: Account,
    short: str,
    *,
    default_branch: str,
    private: bool,
    id: int | None,  # noqa: A002
) -> Repository:
    place = world.folder / "repos" / f"{owner.login}__{short}.git"
    store = Store.create(place, default_branch)
    install_hook(place)
    clock = now()
    repo = Repository(id or world.new_id(), owner, short, store, default_branch, private, clock, clock, clock)
    world.repositories[repo.full_name.lower()] = repo
    return repo


def _files_of(folder: Path) -> dict[str, str | None]:
    return {
        str(path.relative_to(folder)): "base64:" + base64.b64encode(path.read_bytes()).decode()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".git" not in path.relative_to(folder).parts
    }


def _installation(world: World, owner: Account) -> Installation:
    """The installation of our App on this account, made if there is none."""
    for installation in world.installations.values():
        if installation.account is owner and installation.app is world.app:
            return installation
    clock = now()
    installation = Installation(
        id=world.new_id(),
        app=world.app,
        account=owner,
        permissions=dict(world.app.permissions),
        repositories=[],
        created_at=clock,
        updated_at=clock,
    )
    world.installations[installation.id] = installation
    return installation


def fork(world: World, *, repo: str, owner: str, name: str | None = None) -> Json:
    """A fork is a real other repository with the same commits; the App is not installed on it."""
    parent = world.repo(repo)
    add_account(world, login=owner)
    copy = _new_repository(
        world,
        world.account(owner),
        name or parent.name,
        default_branch=parent.default_branch,
        private=parent.private,
        id=None,
    )
    copy.parent = parent
    copy.roles[owner] = "admin"
    for ref in parent.store.refs("refs/heads/"):
        copy.store.fetch(parent.store, ref, ref)
    return {"name": copy.full_name, "id": copy.id}


def set_private(world: World, *, repo: str, private: bool = True) -> Json:
    world.repo(repo).private = private
    world.changed()
    return {"repo": repo, "private": private}


def set_role(world: World, *, repo: str, user: str, role: str) -> Json:
    if role not in ROLES:
        raise unprocessable(f"{role} is not a role; there are {', '.join(ROLES)}.")
    world.repo(repo).roles[world.account(user).login] = role
    world.changed()
    return {"user": user, "role": role}


def set_permissions(world: World, *, permissions: Mapping[str, str]) -> Json:
    """What the App may do, for it and all its installations; tokens already minted keep what they had."""
    world.app.permissions = dict(permissions)
    for installation in world.installations.values():
        if installation.app is world.app:
            installation.permissions = dict(permissions)
    return dict(permissions)


def install(world: World, *, repo: str, by: str) -> Json:
    """Install the App on one repository and tell it so."""
    target = world.repo(repo)
    installation = _installation(world, target.owner)
    if target not in installation.repositories:
        installation.repositories.append(target)
    _tell_installation(world, installation, "created", by)
    return {"installation": installation.id}


def uninstall(world: World, *, owner: str, by: str) -> Json:
    """Take the App away from an account; its tokens die at once."""
    installation = _of_account(world, owner)
    del world.installations[installation.id]
    world.tokens = {v: t for v, t in world.tokens.items() if t.installation is not installation}
    _tell_installation(world, installation, "deleted", by)
    return {"installation": installation.id}


def suspend(world: World, *, owner: str, by: str) -> Json:
    installation = _of_account(world, owner)
    installation.suspended_at = now()
    _tell_installation(world, installation, "suspend", by)
    return {"installation": installation.id}


def unsuspend(world: World, *, owner: str, by: str) -> Json:
    installation = _of_account(world, owner)
    installation.suspended_at = None
    _tell_installation(world, installation, "unsuspend", by)
    return {"installation": installation.id}


def revoke_authorization(world: World, *, user: str) -> Json:
    """Somebody takes back that the App may know who they are: it is told, and its tokens die."""
    app, who = world.app, world.account(user)
    if (app.id, who.id) not in world.authorized:
        raise Refused(404, f"{user} has not authorized {app.name}.")
    world.authorized.remove((app.id, who.id))
    theirs = (app, who)
    world.sign_in_codes = {k: c for k, c in world.sign_in_codes.items() if (c.app, c.account) != theirs}
    world.user_tokens = {k: t for k, t in world.user_tokens.items() if (t.app, t.account) != theirs}
    payload = {"action": "revoked", "sender": shapes.user(world, who)}
    world.hooks.send("github_app_authorization", payload, installation_id=None, repository_id=None)
    world.changed()
    return {"user": user}


def _of_account(world: World, owner: str) -> Installation:
    for installation in world.installations.values():
        if installation.app is world.app and installation.account is world.account(owner):
            return installation
    raise Refused(404, f"The App is not installed on {owner}.")


def _tell_installation(world: World, installation: Installation, action: str, by: str) -> None:
    payload = {
        "action": action,
        "installation": shapes.installation(world, installation),
        "repositories": [shapes.named_repository(repo) for repo in installation.repositories],
        "requester": None,
        "sender": shapes.user(world, world.account(by)),
    }
    announce_installation(world, payload, event="installation", installation_id=installation.id)


def ping(world: World) -> Json:
    """What GitHub sends when a webhook is set up."""
    app = world.app
    hook = {
        "type": "App",
        "id": 600_000_000 + app.id,
        "name": "web",
        "active": True,
        "events": list(app.events),
        "config": {"content_type": "json", "insecure_ssl": "0", "secret": "********", "url": world.hooks.url},
        "updated_at": stamp(now()),
        "created_at": stamp(app.created_at),
        "app_id": app.id,
        "deliveries_url": f"{world.url}/app/hook/deliveries",
    }
    payload = {"zen": "Keep it logically awesome.", "hook_id": hook["id"], "hook": hook}
    world.hooks.send("ping", payload, installation_id=None, repository_id=None)
    return payload


# -- code --------------------------------------------------------------------------------------------


def push(
    world: World,
    *,
    user: str,
    repo: str,
    branch: str,
    files: Files,
    message: str = "Change files",
    base: str | None = None,
    force: bool = False,
) -> Json:
    """One commit on a branch (made from `base` or the default branch if new). A file of None goes away.

    `force` puts the commit on top of `base` and throws the branch's own commits away. Contents that begin
    with `base64:` are bytes, with `symlink:` a link, with `exec:` an executable script."""
    target, who = world.repo(repo), world.account(user)
    store = target.store
    old = store.branch(branch)
    start = store.resolve(base or target.default_branch) if old is None or force else old
    sha = _commit(target, files, message=message, author=who, parent=start)
    move_ref(world, Move(target, f"refs/heads/{branch}", old or NO_SHA, sha), sender=who)
    return {"sha": sha, "before": old, "branch": branch}


def _commit(repo: Repository, files: Files, *, message: str, author: Account, parent: str | None) -> str:
    store = repo.store
    entries = [(path, *_stored(store, content)) for path, content in files.items()]
    tree = store.write_tree(store.tree_of(parent) if parent else None, entries)
    signature = Signature(author.login, f"{author.login}@users.noreply.github.com", now())
    return store.write_commit(
        tree,
        parents=[parent] if parent else [],
        message=message,
        author=signature,
        committer=signature,
    )


def _stored(store: Store, content: str | None) -> tuple[str, str | None]:
    if content is None:
        return "100644", None
    kind, colon, rest = content.partition(":")
    match kind if colon else "":
        case "base64":
            return "100644", store.write_blob(base64.b64decode(rest))
        case "symlink":
            return "120000", store.write_blob(rest.encode())
        case "exec":
            return "100755", store.write_blob(rest.encode())
    return "100644", store.write_blob(content.encode())


def delete_branch(world: World, *, user: str, repo: str, branch: str) -> Json:
    target = world.repo(repo)
    old = target.store.branch(branch)
    if old is None:
        raise unprocessable(f"{repo} has no branch {branch}.")
    move_ref(world, Move(target, f"refs/heads/{branch}", old, NO_SHA), sender=world.account(user))
    return {"sha": old}


# -- talk --------------------------------------------------------------------------------------------


def _issue(world: World, repo: str, number: int) -> Issue:
    return issues.find_issue(world.repo(repo), number)


def _comment(world: World, comment: int) -> Comment:
    found = world.comments.get(comment) or world.review_comments.get(comment)
    if found is None:
        raise Refused(404, f"There is no comment {comment}.")
    return found


def _bot_app(world: World, author: Account) -> Any:
    return next((app for app in world.apps.values() if app.bot is author), None)


def open_issue(world: World, *, user: str, repo: str, title: str, body: str = "") -> Json:
    target, who = world.repo(repo), world.account(user)
    return shapes.issue(world, issues.open_issue(world, target, title=title, body=body, author=who))


def open_pull(
    world: World,
    *,
    user: str,
    repo: str,
    head: str,
    base: str | None = None,
    title: str = "A change",
    body: str = "",
    draft: bool = False,
) -> Json:
    target = world.repo(repo)
    proposal = pulls.Proposal(title, head, base or target.default_branch, body, draft)
    return pulls.pull_request(world, pulls.open_pull(world, target, proposal, author=world.account(user)))


def comment(world: World, *, user: str, repo: str, number: int, text: str) -> Json:
    author = world.account(user)
    app = _bot_app(world, author)
    issue = _issue(world, repo, number)
    if issue.locked and issue.repo.role_of(user) not in {"write", "maintain", "admin"}:
        raise Refused(403, "Unable to create comment because issue is locked.")
    return shapes.comment(world, comments.write_comment(world, issue, text, author=author, app=app))


def review_comment(
    world: World, *, user: str, repo: str, number: int, text: str, path: str, line: int | None = 1
) -> Json:
    remark = comments.Remark(text, path, line)
    issue = _issue(world, repo, number)
    written = comments.write_review_comment(world, issue, remark, author=world.account(user))
    return shapes.review_comment(world, written)


def edit_comment(world: World, *, user: str, comment: int, text: str) -> Json:
    found = _comment(world, comment)
    comments.edit_comment(world, found, text, sender=world.account(user))
    return _shown(world, found)


def delete_comment(world: World, *, user: str, comment: int) -> Json:
    comments.delete_comment(world, _comment(world, comment), sender=world.account(user))
    return {"comment": comment}


def _shown(world: World, found: Comment) -> Json:
    if isinstance(found, ReviewComment):
        return shapes.review_comment(world, found)
    return shapes.comment(world, found)


def react(world: World, *, user: str, comment: int, content: str) -> Json:
    reaction, new = reactions.react(world, _comment(world, comment), content, user=world.account(user))
    return {**shapes.reaction(world, reaction), "new": new}


def close(world: World, *, user: str, repo: str, number: int) -> Json:
    issue = _issue(world, repo, number)
    pulls.close(world, issue, sender=world.account(user))
    return shapes.issue(world, issue)


def merge(world: World, *, user: str, repo: str, number: int) -> Json:
    """A merge commit on the base branch, whose tip the head has to contain, and the pull request closed."""
    issue, who = _issue(world, repo, number), world.account(user)
    pull, store = issue.pull, issue.repo.store
    tip = None if pull is None else store.branch(pull.base_ref)
    if pull is None or tip is None or issue.state != "open" or not store.is_ancestor(tip, pull.head_sha):
        raise unprocessable(f"{repo}#{number} cannot be merged without a conflict.")
    signature = Signature(who.login, f"{who.login}@users.noreply.github.com", now())
    sha = store.write_commit(
        store.tree_of(pull.head_sha) or "",
        parents=[tip, pull.head_sha],
        message=f"Merge pull request #{number}",
        author=signature,
        committer=signature,
    )
    pull.merged = Merged(sha, who, now())
    move_ref(world, Move(issue.repo, f"refs/heads/{pull.base_ref}", tip, sha), sender=who)
    pulls.close(world, issue, sender=who)
    return shapes.issue(world, issue)


def reopen(world: World, *, user: str, repo: str, number: int) -> Json:
    issue = _issue(world, repo, number)
    pulls.reopen(world, issue, sender=world.account(user))
    return shapes.issue(world, issue)


def draft(world: World, *, user: str, repo: str, number: int) -> Json:
    issue = _issue(world, repo, number)
    pulls.set_draft(world, issue, True, sender=world.account(user))
    return shapes.issue(world, issue)


def ready(world: World, *, user: str, repo: str, number: int) -> Json:
    issue = _issue(world, repo, number)
    pulls.set_draft(world, issue, False, sender=world.account(user))
    return shapes.issue(world, issue)


def lock(world: World, *, user: str, repo: str, number: int) -> Json:
    issue = _issue(world, repo, number)
    pulls.set_locked(world, issue, True, sender=world.account(user))
    return shapes.issue(world, issue)


def unlock(world: World, *, user: str, repo: str, number: int) -> Json:
    issue = _issue(world, repo, number)
    pulls.set_locked(world, issue, False, sender=world.account(user))
    return shapes.issue(world, issue)


# -- checks ------------------------------------------------------------------------------------------


def _run(world: World, check_run: int) -> CheckRun:
    found = world.check_runs.get(check_run)
    if found is None:
        raise Refused(404, f"There is no check run {check_run}.")
    return found


def press(world: World, *, user: str, check_run: int, identifier: str) -> Json:
    """Press a button. GitHub shows it only to people who may write."""
    run, who = _run(world, check_run), world.account(user)
    checks.press(world, run, identifier, sender=who)
    return checks.run_shape(world, run)


def tamper(world: World, *, check_run: int, status: str) -> Json:
    """As if GitHub had lost the last update of a check run."""
    run = _run(world, check_run)
    run.status = status
    world.changed()
    return checks.run_shape(world, run)


def rerun(world: World, *, user: str, check_run: int) -> Json:
    run = _run(world, check_run)
    checks.rerun(world, run, sender=world.account(user))
    return checks.run_shape(world, run)


def rerun_suite(world: World, *, user: str, check_suite: int) -> Json:
    suite = world.check_suites.get(check_suite)
    if suite is None:
        raise Refused(404, f"There is no check suite {check_suite}.")
    checks.rerun_suite(world, suite, sender=world.account(user))
    return checks.suite_shape(world, suite)


def foreign_check_run(world: World, *, repo: str, ref: str, name: str, conclusion: str) -> Json:
    """A check run that the other App of this playground made."""
    target = world.repo(repo)
    sha = target.store.resolve(ref)
    if sha is None:
        raise unprocessable(f"{repo} has no {ref}.")
    other = next(app for app in world.apps.values() if app is not world.app)
    suite = checks.suite_for(world, target, sha, app=other)
    body = {"name": name, "conclusion": conclusion}
    return checks.run_shape(world, checks.new_run(world, suite, body))


def set_status(world: World, *, repo: str, ref: str, context: str, state: str) -> Json:
    """A program says how a commit stands, in the way that is older than check runs."""
    target = world.repo(repo)
    sha = target.store.resolve(ref)
    if sha is None:
        raise unprocessable(f"{repo} has no {ref}.")
    if state not in standing.STATUSES:
        raise unprocessable(f"{state} is no status; there are {', '.join(standing.STATUSES)}.")
    return {"id": standing.set_status(world, target, sha, context=context, state=state).id}


def review(world: World, *, repo: str, number: int, by: str, state: str) -> Json:
    """Somebody's word on a pull request as it is now. Our App does not listen to it."""
    if state not in standing.REVIEWS:
        raise unprocessable(f"{state} is no review; there are {', '.join(standing.REVIEWS)}.")
    issue = issues.find_issue(world.repo(repo), number)
    return {"id": standing.write_review(world, issue, by=world.account(by), state=state).id}


def set_team(world: World, *, team: str, user: str, state: str) -> Json:
    """Somebody joins a team, `organisation/team`, or is invited to it."""
    organisation, _, name = team.partition("/")
    if state not in teams.STATES:
        raise unprocessable(f"{state} is no membership; there are {', '.join(teams.STATES)}.")
    teams.set_member(
        world, world.account(organisation).login, name, login=world.account(user).login, state=state
    )
    return {}


def fail_job(world: World, *, repo: str, ref: str, name: str, log: str) -> Json:
    """A job of GitHub Actions that failed, with what it wrote."""
    target = world.repo(repo)
    sha = target.store.resolve(ref)
    if sha is None:
        raise unprocessable(f"{repo} has no {ref}.")
    return checks.run_shape(world, actions.failed_job(world, target, sha, name=name, log=log))


# -- switches and faults -----------------------------------------------------------------------------


def set_webhook(world: World, *, url: str | None = None, secret: str | None = None) -> Json:
    if url is not None:
        world.hooks.url = url or None
    if secret is not None:
        world.hooks.secret = secret
    return {"url": world.hooks.url}


def set_events(world: World, *, events: list[str]) -> Json:
    world.app.events = list(events)
    return {"events": events}


LIMIT_SWITCHES = {
    "primary",
    "secondary",
    "strict_gap",
    "retry_after",
    "primary_status",
    "per_hour",
    "content_per_minute",
    "content_per_hour",
    "points_per_minute",
}


def set_limits(world: World, **switches: Any) -> Json:
    """Turn limits on and off; see `playground.github.limits.Limits` for the names."""
    unknown = switches.keys() - LIMIT_SWITCHES
    if unknown:
        raise unprocessable(f"There is no limit called {', '.join(sorted(unknown))}.")
    for name, value in switches.items():
        setattr(world.limits, name, value)
    return {name: getattr(world.limits, name) for name in LIMIT_SWITCHES}


def spend(world: World, *, owner: str, requests: int) -> Json:
    """Count requests that nobody made, to come near a limit."""
    who = f"installation ID {_of_account(world, owner).id}"
    world.limits.charge(who, "GET", creates_content=False)
    world.limits.spent[who].used += requests - 1
    return world.limits.status(who)


def add_fault(world: World, *, kind: str, method: str = "*", path: str = "*", **detail: Any) -> Json:
    try:
        fault = Fault(method=method, path=path, kind=Kind(kind), **detail)
    except (ValueError, TypeError) as error:
        raise unprocessable(f"That fault cannot be injected: {error}") from error
    world.faults.add(fault)
    return asdict(fault)


def clear_faults(world: World) -> Json:
    world.faults.clear()
    world.hooks.disturbances.clear()
    return {}


def disturb_hooks(world: World, *, kind: str, times: int = 1, seconds: float = 0.0, event: str = "*") -> Json:
    """Duplicate, delay, reorder or drop the next deliveries."""
    if kind not in {"duplicate", "delay", "reorder", "drop"}:
        raise unprocessable(f"Deliveries can be duplicated, delayed, reordered or dropped, not {kind}.")
    world.hooks.disturbances.append(Disturbance(kind, times, seconds, event))
    return {"kind": kind, "times": times}


def redeliver(world: World, *, delivery: int) -> Json:
    found = world.hooks.find(delivery)
    if found is None:
        raise Refused(404, f"There is no delivery {delivery}.")
    return item(world.hooks.redeliver(found))


def mint_token(
    world: World,
    *,
    repo: str,
    permissions: Mapping[str, str] | None = None,
    repositories: list[str] | None = None,
) -> Json:
    """An installation token without the App's key: for looking in with git or curl."""
    installation = world.installation_on(world.repo(repo))
    if installation is None:
        raise Refused(404, f"The App is not installed on {repo}.")
    token = mint(world, installation, {"permissions": permissions, "repositories": repositories})
    return {"token": token.value, "expires_at": stamp(token.expires_at)}


# -- looking -----------------------------------------------------------------------------------------


def see_pulls(world: World, *, repo: str) -> list[Json]:
    found = world.repo(repo).issues.values()
    return [pulls.pull_request(world, issue) for issue in found if issue.pull is not None]


def see_pull(world: World, *, repo: str, number: int) -> Json:
    """The pull request with its files, each with its patch and its whole content at the head."""
    issue = _issue(world, repo, number)
    shape = pulls.pull_request(world, issue)
    store, sha = issue.repo.store, shape["head"]["sha"]
    files = []
    for file in pulls.changed_files(issue):
        found = store.lookup(store.tree_of(sha) or "", file.path)
        content = store.blob(found.sha) if found else None
        text = content.decode(errors="replace") if content is not None else None
        files.append({**asdict(file), "mode": found.mode if found else None, "content": text})
    commits = (store.commit(commit) for commit in pulls.commits_of(issue))
    shown = [shapes.git_commit(world, issue.repo, commit) for commit in commits if commit]
    return {**shape, "files": files, "commit_list": shown}


def see_comments(world: World, *, repo: str, number: int) -> list[Json]:
    issue = _issue(world, repo, number)
    every = [*issue.comments, *issue.review_comments]
    return [
        {
            **_shown(world, one),
            "author": one.author.login,
            "reacted": [{"user": r.user.login, "content": r.content} for r in one.reactions],
            "edits": [{"at": at.timestamp(), "was": was} for at, was in one.edits],
        }
        for one in sorted(every, key=lambda one: one.id)
    ]


def see_check_runs(world: World, *, repo: str, ref: str | None = None) -> list[Json]:
    """Check runs with every update they went through, oldest first."""
    target = world.repo(repo)
    sha = target.store.resolve(ref) if ref else None
    return [
        {
            **checks.run_shape(world, run),
            "history": run.history,
            "annotations": run.annotations,
            "actions": run.actions,
        }
        for run in world.check_runs.values()
        if run.suite.repo is target and sha in {None, run.suite.head_sha}
    ]


def see_branches(world: World, *, repo: str) -> dict[str, str]:
    return world.repo(repo).store.branches()


def see_file(world: World, *, repo: str, path: str, ref: str | None = None) -> Json:
    target = world.repo(repo)
    sha = target.store.resolve(ref or target.default_branch)
    found = target.store.lookup(target.store.tree_of(sha or "") or "", path)
    if found is None:
        raise Refused(404, f"There is no {path} at {ref or target.default_branch}.")
    return {"mode": found.mode, "content": (target.store.blob(found.sha) or b"").decode(errors="replace")}


def see_requests(world: World) -> list[Json]:
    return world.requests


def see_deliveries(world: World) -> list[Json]:
    return [full(delivery) for delivery in world.hooks.deliveries]


def see_trouble(world: World) -> Json:
    """What must be empty at the end of every test: unknown routes and broken contracts."""
    return {"unknown_routes": world.unknown_routes, "broken_contracts": world.broken_contracts}


def see_limits(world: World) -> Json:
    """What each installation has spent, and how close to GitHub's limits it came."""
    return {
        who: {
            "used": spent.used,
            "writes": len(spent.writes),
            "most_writes_a_minute": spent.most_writes_a_minute,
            "hasty_writes": spent.hasty_writes,
            "refused": spent.refused,
        }
        for who, spent in world.limits.spent.items()
    }


def see_state(world: World) -> Json:
    """Where things are: for whom needs ids."""
    return {
        "version": world.version,
        "app": {
            "id": world.app.id,
            "slug": world.app.slug,
            "bot": world.app.bot.login,
            "permissions": dict(world.app.permissions),
        },
        "accounts": {a.login: {"id": a.id, "kind": a.kind} for a in world.accounts.values()},
        "repositories": {
            r.full_name: {"id": r.id, "roles": r.roles, "conversations": len(r.issues)}
            for r in world.repositories.values()
        },
        "installations": {
            str(i.id): {"account": i.account.login, "repositories": [r.full_name for r in i.repositories]}
            for i in world.installations.values()
        },
        "webhook": {"url": world.hooks.url, "idle": world.hooks.idle},
        "faults": world.faults.listing(),
    }


ACTS: dict[str, Callable[..., Any]] = {
    act.__name__: act
    for act in (
        *(add_account, rename_account, add_repository, fork, set_role, set_private, set_permissions),
        *(install, uninstall, suspend, unsuspend, ping, revoke_authorization),
        *(moving.rename, moving.transfer, moving.archive),
        *(moving.delete_repository, moving.remove_repository, moving.return_repository),
        *(push, delete_branch, open_issue, open_pull, close, merge, reopen, draft, ready, lock, unlock),
        *(comment, review_comment, edit_comment, delete_comment, react),
        *(press, tamper, rerun, rerun_suite, foreign_check_run, fail_job, set_status, review),
        set_team,
        *(set_webhook, set_events, set_limits, spend, add_fault, clear_faults, disturb_hooks),
        *(redeliver, mint_token),
        *(see_pulls, see_pull, see_comments, see_check_runs, see_branches, see_file),
        *(see_requests, see_deliveries, see_trouble, see_limits, see_state),
    )
}
