"""What things look like in Slack's JSON."""

from __future__ import annotations

from playground.slack.answers import Json
from playground.slack.model import SLACKBOT, Channel, ChannelKind, Message, Team, User, View
from playground.slack.state import SlackWorld

ICON = "https://a.slack-edge.test/bot.png"  # nobody loads it

TOMBSTONE: Json = {
    "type": "message",
    "subtype": "tombstone",
    "user": SLACKBOT,
    "text": "This message was deleted.",
    "hidden": True,
}


def team(it: Team) -> Json:
    return {"id": it.id, "name": it.name, "domain": it.domain}


def user(it: User) -> Json:
    """As users.info tells it."""
    shown: Json = {
        "id": it.id,
        "team_id": it.home,
        "name": it.name,
        "deleted": it.deleted,
        "real_name": it.name.title(),
        "tz": "Europe/Berlin",
        "tz_label": "Central European Time",
        "tz_offset": 3600,
        "profile": {"real_name": it.name.title(), "display_name": it.name, "team": it.home},
        "is_admin": it.is_admin,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": it.is_restricted,
        "is_ultra_restricted": it.is_ultra_restricted,
        "is_bot": it.is_bot,
        "is_app_user": False,
        "updated": 1_764_400_000,
    }
    if it.is_stranger:
        shown["is_stranger"] = True
    if it.bot_id:
        shown["profile"] |= {"bot_id": it.bot_id, "api_app_id": ""}
    return shown


def person(it: User) -> Json:
    """As payloads of interactions name whoever acted."""
    return {"id": it.id, "username": it.name, "name": it.name, "team_id": it.home}


def channel(it: Channel, *, bot: str | None) -> Json:
    """As conversations.info tells it, to whoever is this bot."""
    base: Json = {
        "id": it.id,
        "created": 1_764_400_000,
        "is_archived": it.archived,
        "is_im": it.kind is ChannelKind.IM,
        "is_org_shared": False,
        "context_team_id": it.team,
        "updated": 1_764_400_000_000,
    }
    if it.kind is ChannelKind.IM:
        return {**base, "user": it.members[0], "is_open": True}
    return {
        **base,
        "name": it.name,
        "name_normalized": it.name,
        "is_channel": True,
        "is_group": it.private,
        "is_mpim": False,
        "is_private": it.private,
        "is_general": it.name == "general",
        "is_shared": it.ext_shared,
        "is_ext_shared": it.ext_shared,
        "is_member": bot in it.members,
        "creator": it.members[0] if it.members else "",
        "topic": {"value": "", "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
        "shared_team_ids": [it.team],
        "num_members": len(it.members),
    }


def channel_name(it: Channel) -> str:
    """Payloads do not name what not everybody may see."""
    return {ChannelKind.GROUP: "privategroup", ChannelKind.IM: "directmessage"}.get(it.kind, it.name)


def bot_profile(world: SlackWorld, it: Message) -> Json:
    return {
        "id": it.bot_id,
        "deleted": False,
        "name": world.app.name,
        "updated": 1_764_400_000,
        "app_id": it.app_id,
        "user_id": it.user,
        "icons": {"image_36": ICON, "image_48": ICON, "image_72": ICON},
        "team_id": it.channel.team,
    }


def message(world: SlackWorld, it: Message, *, metadata: bool = True) -> Json:
    """As history, events and payloads tell it."""
    if it.deleted:
        return {**TOMBSTONE, "ts": it.ts, **_thread(it)}
    shown: Json = {
        "type": "message",
        "user": it.user,
        "ts": it.ts,
        "text": it.text,
        "team": world.users[it.user].home if it.user in world.users else it.channel.team,
    }
    if it.subtype:
        shown["subtype"] = it.subtype
    if it.bot_id:
        shown |= {"bot_id": it.bot_id, "app_id": it.app_id, "bot_profile": bot_profile(world, it)}
    if it.blocks:
        shown["blocks"] = it.blocks
    if it.files:
        shown |= {"files": [file(world, each) for each in it.files], "upload": True}
    if metadata and it.metadata:
        shown["metadata"] = it.metadata
    if it.edits > 0:
        moment = f"{it.history[-1].at:.6f}"
        shown["edited"] = {"user": it.bot_id or it.user, "ts": moment}
    return {**shown, **_thread(it)}


def _thread(it: Message) -> Json:
    replies = replies_of(it)
    if it.is_reply:
        parent = next((m for m in it.channel.messages if m.ts == it.thread_ts), None)
        return {"thread_ts": it.thread_ts, "parent_user_id": parent.user if parent else ""}
    if not replies:
        return {}
    users = list(dict.fromkeys(reply.user for reply in replies))
    return {
        "thread_ts": it.ts,
        "reply_count": len(replies),
        "reply_users": users,
        "reply_users_count": len(users),
        "latest_reply": replies[-1].ts,
    }


def replies_of(it: Message) -> list[Message]:
    return [m for m in it.channel.messages if m.thread_ts == it.ts and m.ts != it.ts and not m.deleted]


def file(world: SlackWorld, file_id: str) -> Json:
    it = world.files[file_id]
    return {
        "id": it.id,
        "name": it.name,
        "title": it.title,
        "size": len(it.content or b""),
        "user": it.user,
        "user_team": it.team,
        "mode": "hosted",
        "url_private": f"{world.url}/slack/files/{it.id}",
        "permalink": f"{world.url}/slack/files/{it.id}",
    }


def view(world: SlackWorld, it: View) -> Json:
    """As views.* answer it and payloads carry it."""
    token = world.token_of(it.team)
    shown = {
        "id": it.id,
        "team_id": it.team,
        "app_id": world.app.id,
        "app_installed_team_id": it.team,
        "bot_id": token.bot_id if token else None,
        "callback_id": "",
        "external_id": "",
        "private_metadata": "",
        "clear_on_close": False,
        "notify_on_close": False,
        "title": None,
        "submit": None,
        "close": None,
        "root_view_id": it.root,
        "previous_view_id": it.previous,
        "hash": it.hash,
        "state": {"values": it.values},
    }
    return {**shown, **it.body}
