"""Telling the App what happened: complete webhook payloads, only to who is installed and subscribed."""

from __future__ import annotations

from playground.github import shapes
from playground.github.answers import Json
from playground.github.state import Account, Repository, World

# Sent to every App, subscribed or not.
ALWAYS = {"github_app_authorization", "installation", "installation_repositories", "ping"}


def announce(world: World, event: str, *, repo: Repository, sender: Account, parts: Json) -> None:
    """Send `event` about `repo` to the App, if it is installed there and wants to know."""
    world.changed()
    installation = world.installation_on(repo)
    if installation is None or installation.suspended_at is not None:
        return
    if event not in ALWAYS and event not in world.app.events:
        return
    payload = {**parts, "repository": shapes.repository(world, repo)}
    if repo.owner.kind == "Organization":
        payload["organization"] = shapes.organization(world, repo.owner)
    payload["sender"] = shapes.user(world, sender)
    payload["installation"] = {
        "id": installation.id,
        "node_id": shapes.node_id("Installation", installation.id),
    }
    world.hooks.send(event, payload, installation_id=installation.id, repository_id=repo.id)


def announce_installation(world: World, payload: Json, *, event: str, installation_id: int) -> None:
    """Events about the installation itself, which have no repository."""
    world.changed()
    world.hooks.send(event, payload, installation_id=installation_id, repository_id=None)
