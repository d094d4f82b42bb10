"""What there is to see in this Slack, for people and for tests."""

from __future__ import annotations

import base64

from playground.slack import shapes, viewing
from playground.slack.answers import Json
from playground.slack.mentions import calls_of
from playground.slack.model import Message, View
from playground.slack.parcels import listing
from playground.slack.state import SlackWorld
from playground.slack.words import words_of


def _shown(world: SlackWorld, message: Message) -> Json:
    return {
        "channel": message.channel.id,
        "ts": message.ts,
        "thread_ts": message.thread_ts,
        "user": message.user,
        "bot_id": message.bot_id,
        "ours": world.ours(message),
        "text": message.text,
        "blocks": message.blocks,
        "words": words_of(message.blocks) or message.text,
        "metadata": message.metadata,
        "mentions": calls_of(message),
        "edits": message.edits,
        "history": [
            {"at": it.at, "text": it.text, "blocks": it.blocks, "metadata": it.metadata}
            for it in message.history
        ],
        "files": [shapes.file(world, file) for file in message.files],
        "deleted": message.deleted,
        "ephemeral_to": message.ephemeral_to,
    }


def see_messages(
    world: SlackWorld,
    *,
    channel: str,
    thread: str | None = None,
    ephemeral: bool = False,
    deleted: bool = False,
) -> list[Json]:
    """All of a channel or of one thread, oldest first; those of one person and deleted ones if asked for."""
    place = world.channel(channel)
    every = [*place.messages, *(m for m in world.ephemerals if ephemeral and m.channel is place)]
    there = [m for m in every if deleted or not m.deleted]
    wanted = [m for m in there if thread is None or thread in {m.ts, m.thread_ts}]
    return [_shown(world, message) for message in sorted(wanted, key=lambda m: m.ts)]


def see_ephemerals(world: SlackWorld, *, user: str) -> list[Json]:
    """What only this person sees, oldest first."""
    return [_shown(world, m) for m in world.ephemerals if m.ephemeral_to == user and not m.deleted]


def _shown_view(world: SlackWorld, view: View) -> Json:
    more = {"errors": view.errors, "updates": view.updates, "open": view.open, "user": view.user}
    return {**shapes.view(world, view), **more, "words": words_of(view.body["blocks"])}


def see_views(world: SlackWorld, *, user: str) -> list[Json]:
    """The modals that are open for this person, the last one on top."""
    return [_shown_view(world, view) for view in viewing.open_views(world, user)]


def see_home(world: SlackWorld, *, user: str) -> Json | None:
    home = world.homes.get((world.user(user).team, user))
    return _shown_view(world, home) if home else None


def see_requests(world: SlackWorld) -> list[Json]:
    """Every call of the Web API, without its token."""
    return world.requests


def see_deliveries(world: SlackWorld) -> list[Json]:
    """Everything that was sent to our App, and how it was answered."""
    return [listing(delivery) for delivery in world.sender.deliveries]


def see_files(world: SlackWorld) -> list[Json]:
    """With `text` where the content is text, else with `base64`."""
    return [
        shapes.file(world, it.id) | {"channel": it.channel, "thread_ts": it.thread_ts} | _content(it.content)
        for it in world.files.values()
    ]


def _content(content: bytes | None) -> Json:
    if content is None:
        return {"text": None}
    try:
        return {"text": content.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(content).decode()}


def see_broken(world: SlackWorld) -> list[Json]:
    """What our App sent and Slack does not take: empty, if it speaks Slack's language."""
    return world.broken_contracts


def see_limits(world: SlackWorld) -> Json:
    """Of each method and team (and channel): calls in the last window, and how often it was too many."""
    return world.limits.listing()


def see_state(world: SlackWorld) -> Json:
    """Where things are: for whom needs ids."""
    return {
        "version": world.version,
        "idle": world.sender.idle,
        "base": world.sender.base,
        "sockets": world.link.connections,
        "teams": sorted(world.teams),
        "users": {user.id: {"team": user.team, "home": user.home} for user in world.users.values()},
        "channels": {
            it.id: {"name": it.name, "kind": it.kind, "members": it.members, "archived": it.archived}
            for it in world.channels.values()
        },
        "installations": {
            token.team: {"bot": token.user, "standing": token.standing, "scopes": token.scopes}
            for token in world.tokens.values()
            if token.is_bot
        },
        "faults": world.faults.listing(),
    }
