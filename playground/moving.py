"""What happens to a repository as a whole: renamed, transferred, archived, deleted, taken from the App."""

from __future__ import annotations

from playground.github import shapes
from playground.github.announce import announce, announce_installation
from playground.github.answers import Json, Refused, unprocessable
from playground.github.state import Account, Installation, Repository, World, now


def rename(world: World, *, user: str, repo: str, name: str) -> Json:
    """The old name leads to the new one until somebody takes it."""
    target, was = world.repo(repo), world.repo(repo).name
    _put_elsewhere(world, target, target.owner, name)
    changes = {"repository": {"name": {"from": was}}}
    _tell(world, target, "renamed", user, {"changes": changes})
    return {"name": target.full_name, "id": target.id}


def transfer(world: World, *, user: str, repo: str, to: str, install: bool = False) -> Json:
    """To another owner. The App stays behind, unless it is installed there for this repository as well."""
    target, owner = world.repo(repo), world.account(to)
    was, before = target.owner, world.installation_on(target)
    _put_elsewhere(world, target, owner, target.name)
    if before is not None:
        _take(world, before, target, user)
    there = next((i for i in world.installations.values() if i.account is owner and i.app is world.app), None)
    if install and there is not None:
        there.repositories.append(target)
        _tell_selection(world, there, target, "added", user)
    kind = "organization" if was.kind == "Organization" else "user"
    shown = shapes.organization(world, was) if kind == "organization" else shapes.user(world, was)
    _tell(world, target, "transferred", user, {"changes": {"owner": {"from": {kind: shown}}}})
    return {"name": target.full_name, "id": target.id}


def archive(world: World, *, user: str, repo: str) -> Json:
    """Read only from now on."""
    target = world.repo(repo)
    target.archived, target.updated_at = True, now()
    _tell(world, target, "archived", user, {})
    return {"name": target.full_name}


def delete_repository(world: World, *, user: str, repo: str) -> Json:
    target = world.repo(repo)
    _tell(world, target, "deleted", user, {})
    del world.repositories[target.full_name.lower()]
    for installation in world.installations.values():
        installation.repositories = [each for each in installation.repositories if each is not target]
    return {"name": target.full_name}


def remove_repository(world: World, *, user: str, repo: str) -> Json:
    """Take one repository from the App; it stays installed on the account."""
    target = world.repo(repo)
    installation = world.installation_on(target)
    if installation is None:
        raise Refused(404, f"The App is not installed on {repo}.")
    _take(world, installation, target, user)
    return {"installation": installation.id}


def return_repository(world: World, *, user: str, repo: str) -> Json:
    """Give one repository to the App, which is installed on the account already."""
    target = world.repo(repo)
    mine = (each for each in world.installations.values() if each.app is world.app)
    installation = next((each for each in mine if each.account is target.owner), None)
    if installation is None:
        raise Refused(404, f"The App is not installed on {target.owner.login}.")
    installation.repositories.append(target)
    _tell_selection(world, installation, target, "added", user)
    return {"installation": installation.id}


def _put_elsewhere(world: World, target: Repository, owner: Account, name: str) -> None:
    old = target.full_name.lower()
    if f"{owner.login}/{name}".lower() in world.repositories:
        raise unprocessable(f"{owner.login}/{name} exists already.")
    del world.repositories[old]
    target.owner, target.name, target.updated_at = owner, name, now()
    world.repositories[target.full_name.lower()] = target
    world.moved[old] = target


def _take(world: World, installation: Installation, target: Repository, user: str) -> None:
    installation.repositories = [each for each in installation.repositories if each is not target]
    _tell_selection(world, installation, target, "removed", user)


def _tell(world: World, target: Repository, action: str, user: str, parts: Json) -> None:
    sender = world.account(user)
    announce(world, "repository", repo=target, sender=sender, parts={"action": action, **parts})


def _tell_selection(
    world: World, installation: Installation, target: Repository, action: str, user: str
) -> None:
    named = [shapes.named_repository(target)]
    payload = {
        "action": action,
        "installation": shapes.installation(world, installation),
        "repository_selection": "selected",
        "repositories_added": named if action == "added" else [],
        "repositories_removed": named if action == "removed" else [],
        "requester": None,
        "sender": shapes.user(world, world.account(user)),
    }
    announce_installation(world, payload, event="installation_repositories", installation_id=installation.id)
