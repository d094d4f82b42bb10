"""What follows when a branch moves: pushes are announced, pull requests follow, check suites appear."""

from __future__ import annotations

from dataclasses import dataclass

from playground.github import checks, pulls, shapes
from playground.github.announce import announce
from playground.github.answers import Json, Refused
from playground.github.state import Account, Repository, World, now
from playground.github.store import NO_SHA

WORKFLOWS = ".github/workflows"


@dataclass(frozen=True, slots=True)
class Move:
    """A ref of a repository going from one commit to another (all zeros: not there)."""

    repo: Repository
    ref: str
    old: str
    new: str

    @property
    def branch(self) -> str | None:
        return self.ref.removeprefix("refs/heads/") if self.ref.startswith("refs/heads/") else None


def move_ref(world: World, move: Move, *, sender: Account) -> None:
    """Write the ref and let everything that follows happen."""
    if move.new == NO_SHA:
        move.repo.store.delete_ref(move.ref)
    else:
        move.repo.store.set_ref(move.ref, move.new)
    moved(world, move, sender=sender)


def moved(world: World, move: Move, *, sender: Account) -> None:
    """What follows once the ref was written (by the API or by `git push`)."""
    repo = move.repo
    repo.pushed_at = repo.updated_at = now()
    announce(world, "push", repo=repo, sender=sender, parts=_push(world, move, sender))
    if move.branch is None:
        return
    for issue in world.pulls_from(repo, move.branch):
        if move.new == NO_SHA:
            pulls.close(world, issue, sender=sender)
        else:
            pulls.follow(world, issue, before=move.old, sender=sender)
    if move.new != NO_SHA:
        checks.suite_for_push(world, repo, move.new, branch=move.branch, before=move.old, sender=sender)


def _push(world: World, move: Move, sender: Account) -> Json:
    store, html = move.repo.store, f"{world.url}/{move.repo.full_name}"
    created, deleted = move.old == NO_SHA, move.new == NO_SHA
    start = store.branch(move.repo.default_branch) if created else move.old
    shas: list[str] = []
    if not deleted and move.branch is not None:
        shas = list(store.history(move.new, without=start if start != move.new else None))[:20][::-1]
    commits = [_pushed_commit(world, move, sha) for sha in shas]
    forced = not created and not deleted and not store.is_ancestor(move.old, move.new)
    who = {"name": sender.login, "email": f"{sender.login}@users.noreply.github.com"}
    head = None if deleted else _pushed_commit(world, move, move.new)
    return {
        "ref": move.ref,
        "before": move.old,
        "after": move.new,
        "base_ref": None,
        "created": created,
        "deleted": deleted,
        "forced": forced,
        "compare": f"{html}/compare/{move.old[:12]}...{move.new[:12]}",
        "commits": commits,
        "head_commit": head,
        "pusher": who,
    }


def _pushed_commit(world: World, move: Move, sha: str) -> Json | None:
    store = move.repo.store
    commit = store.commit(sha)
    if commit is None:
        return None
    author, committer = shapes.author_of(commit), shapes.committer_of(commit)
    return {
        "id": sha,
        "tree_id": commit.tree.decode(),
        "distinct": True,
        "message": commit.message.decode(errors="replace"),
        "timestamp": committer["date"],
        "url": f"{world.url}/{move.repo.full_name}/commit/{sha}",
        "author": {"name": author["name"], "email": author["email"]},
        "committer": {"name": committer["name"], "email": committer["email"]},
        "added": [],
        "removed": [],
        "modified": [],
    }


def refuse_workflow_change(move: Move, permissions: dict[str, str]) -> None:
    """Only who holds `workflows: write` may bring workflow files that no branch has yet."""
    if permissions.get("workflows") == "write" or move.new == NO_SHA:
        return
    store = move.repo.store

    def workflows(sha: str) -> str | None:
        tree = store.tree_of(sha)
        item = store.lookup(tree, WORKFLOWS) if tree else None
        return item.sha if item else None

    new = workflows(move.new)
    known = {workflows(sha) for sha in store.branches().values()} | {None}
    if new not in known:
        raise Refused(
            403,
            f"refusing to allow a GitHub App to create or update workflow `{WORKFLOWS}` without "
            "`workflows` permission",
        )
