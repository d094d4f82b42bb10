"""Modals and home tabs: opened, changed, closed."""

from __future__ import annotations

import secrets
from typing import Any

from playground.slack.answers import Json
from playground.slack.filling import initial_values
from playground.slack.model import View
from playground.slack.posting import named
from playground.slack.state import SlackWorld


def fresh(world: SlackWorld, body: Json, *, team: str, user: str, trigger: str | None = None) -> View:
    """A view as its person sees it for the first time."""
    name = world.new_id("V")
    kept = {**body, "blocks": named(body["blocks"])}
    view = View(name, team, user, kept, _hash(), root=name, trigger=trigger)
    view.values = initial_values(kept["blocks"])
    world.views[name] = view
    world.changed()
    return view


def change(world: SlackWorld, view: View, body: Json) -> None:
    """What was filled in stays, where block and action are still called the same."""
    filled = view.values
    view.body = {**body, "blocks": named(body["blocks"])}
    view.hash = _hash()
    view.errors = {}
    view.updates += 1
    view.values = {
        block: {action: _kept(filled, block, action, value) for action, value in values.items()}
        for block, values in initial_values(view.body["blocks"]).items()
    }
    world.changed()


def _kept(filled: dict[str, dict[str, Json]], block: str, action: str, value: Json) -> Json:
    before = filled.get(block, {}).get(action)
    return before if before is not None and before["type"] == value["type"] else value


def close(world: SlackWorld, view: View) -> None:
    view.open = False
    world.changed()


def open_views(world: SlackWorld, user: str) -> list[View]:
    return [view for view in world.views.values() if view.user == user and view.open and is_modal(view)]


def is_modal(view: View) -> bool:
    return bool(view.body["type"] == "modal")


def set_errors(world: SlackWorld, view: View, errors: dict[str, Any]) -> None:
    view.errors = {str(block): str(said) for block, said in errors.items()}
    world.changed()


def _hash() -> str:
    return f"{secrets.randbelow(10**10):010d}.{secrets.token_hex(4)}"
