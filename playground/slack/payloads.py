"""What Slack says to our App when somebody does something: the shapes of commands and interactions."""

from __future__ import annotations

import time

from playground.slack import shapes
from playground.slack.answers import Json
from playground.slack.filling import PLAIN, Found, initial_values
from playground.slack.model import VERIFICATION_TOKEN, Channel, Message, User, View
from playground.slack.state import SlackWorld

QUIET = {"static_select", "external_select", "radio_buttons"}


def moment() -> str:
    return f"{time.time():.6f}"


def command(world: SlackWorld, by: User, channel: Channel, *, word: str, text: str, **given: str) -> Json:
    """The fields of a slash command; `given` are its team, trigger and response_url."""
    team = world.team(given["team"])
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": team.id,
        "team_domain": team.domain,
        "channel_id": channel.id,
        "channel_name": shapes.channel_name(channel),
        "user_id": by.id,
        "user_name": by.name,
        "command": word,
        "text": text,
        "api_app_id": world.app.id,
        "is_enterprise_install": "false",
        "response_url": given["response_url"],
        "trigger_id": given["trigger_id"],
    }


def _interaction(world: SlackWorld, kind: str, by: User, team: str) -> Json:
    """What all interactions have in common."""
    return {
        "type": kind,
        "user": shapes.person(by),
        "api_app_id": world.app.id,
        "token": VERIFICATION_TOKEN,
        "team": {"id": team, "domain": world.team(team).domain},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def _place(channel: Channel) -> Json:
    return {"id": channel.id, "name": shapes.channel_name(channel)}


def message_action(world: SlackWorld, by: User, message: Message) -> Json:
    """A message shortcut."""
    team = message.channel.team
    return {
        **_interaction(world, "message_action", by, team),
        "callback_id": world.app.shortcut,
        "trigger_id": world.new_trigger(by.id, team),
        "response_url": world.new_response_url(message.channel.id, by.id),
        "action_ts": moment(),
        "message_ts": message.ts,
        "channel": _place(message.channel),
        "message": shapes.message(world, message),
    }


def _in_message(world: SlackWorld, message: Message) -> Json:
    container: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": message.channel.id,
        "is_ephemeral": message.ephemeral_to is not None,
    }
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    told: Json = {"container": container, "channel": _place(message.channel)}
    if message.ephemeral_to is None:  # Slack does not keep those
        told["message"] = shapes.message(world, message)
    return told


def message_block_actions(world: SlackWorld, by: User, message: Message, action: Json) -> Json:
    """Somebody used an element of a message."""
    team = message.channel.team
    return {
        **_interaction(world, "block_actions", by, team),
        **_in_message(world, message),
        "trigger_id": world.new_trigger(by.id, team),
        "response_url": world.new_response_url(message.channel.id, by.id, message.ts),
        "state": {"values": initial_values(message.blocks)},
        "actions": [action],
    }


def view_block_actions(world: SlackWorld, by: User, view: View, action: Json) -> Json:
    """Somebody used an element of a modal or of a home tab."""
    return {
        **_interaction(world, "block_actions", by, view.team),
        "container": {"type": "view", "view_id": view.id},
        "trigger_id": world.new_trigger(by.id, view.team),
        "view": shapes.view(world, view),
        "actions": [action],
    }


def action_of(found: Found, value: Json | None = None) -> Json:
    """One entry of `actions`: what was used, and what it holds now."""
    element = found.element
    told: Json = {
        "type": found.kind,
        "action_id": found.action_id,
        "block_id": found.block_id,
        "action_ts": moment(),
    }
    told |= {key: element[key] for key in ("text", "value", "style", "url", "confirm") if key in element}
    if found.kind in PLAIN or found.kind in QUIET:
        told |= {key: element[key] for key in ("placeholder",) if key in element}
    return told | {key: content for key, content in (value or {}).items() if key != "type"}


def view_submission(world: SlackWorld, by: User, view: View) -> Json:
    return {
        **_interaction(world, "view_submission", by, view.team),
        "trigger_id": world.new_trigger(by.id, view.team),
        "view": shapes.view(world, view),
        "response_urls": [],
    }


def view_closed(world: SlackWorld, by: User, view: View) -> Json:
    """Somebody closed a modal, which our App is told only if it asked for that."""
    shown = shapes.view(world, view)
    return {**_interaction(world, "view_closed", by, view.team), "view": shown, "is_cleared": False}


def block_suggestion(world: SlackWorld, by: User, found: Found, query: str, place: View | Message) -> Json:
    """Somebody types in a select whose options our App knows."""
    if isinstance(place, View):
        container = {"type": "view", "view_id": place.id}
        team, there = place.team, {"container": container, "view": shapes.view(world, place)}
    else:
        team, there = place.channel.team, _in_message(world, place)
    told = _interaction(world, "block_suggestion", by, team) | there
    return {**told, "action_id": found.action_id, "block_id": found.block_id, "value": query}
