"""The table of methods: what each does, what it needs, how often it may be called, and what it takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from playground.slack.answers import Json
from playground.slack.api import chat, conversations, oauth, people, uploads, views
from playground.slack.api.call import Call
from playground.slack.limits import Tier


class Key(Enum):
    """What a method is opened with."""

    TOKEN = "a token of a team"
    APP = "the App's own token"
    CLIENT = "the App's id and secret"


@dataclass(frozen=True, slots=True)
class Method:
    do: Callable[[Call], Json]
    tier: Tier
    takes: frozenset[str]
    scope: str = ""  # those that depend on the kind of a channel are looked at where the channel is known
    key: Key = Key.TOKEN
    # Methods that read take no JSON: Slack answers as if nothing had been sent. Measured of users.info and
    # conversations.replies (kortix-ai/suna#6616, Yeachan-Heo/gajae-code#3824); the others are documented so.
    reads_json: bool = True


def _connect(call: Call) -> Json:
    return {"ok": True, "url": call.world.link.new_address()}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_MESSAGE = (
    "channel text blocks attachments metadata thread_ts markdown_text parse link_names as_user icon_emoji "
    "icon_url username mrkdwn unfurl_links unfurl_media reply_broadcast client_msg_id"
)
_HISTORY = "channel cursor include_all_metadata inclusive latest limit oldest"

METHODS: dict[str, Method] = {
    "auth.test": Method(people.auth_test, Tier.FREE, _words("")),
    "oauth.v2.access": Method(
        oauth.access,
        Tier.FOUR,
        _words("code client_id client_secret redirect_uri grant_type"),
        key=Key.CLIENT,
        reads_json=False,
    ),
    "apps.connections.open": Method(_connect, Tier.ONE, _words(""), key=Key.APP),
    "chat.postMessage": Method(chat.post_message, Tier.POSTING, _words(_MESSAGE), "chat:write"),
    "chat.postEphemeral": Method(chat.post_ephemeral, Tier.FOUR, _words(f"{_MESSAGE} user"), "chat:write"),
    "chat.update": Method(
        chat.update, Tier.THREE, _words(f"{_MESSAGE} ts file_ids") - {"thread_ts"}, "chat:write"
    ),
    "chat.delete": Method(chat.delete, Tier.THREE, _words("channel ts as_user"), "chat:write"),
    "conversations.open": Method(
        conversations.open_conversation,
        Tier.THREE,
        _words("channel users return_im prevent_creation"),
        "im:write",
    ),
    "conversations.info": Method(
        conversations.info,
        Tier.THREE,
        _words("channel include_locale include_num_members"),
        reads_json=False,
    ),
    "conversations.history": Method(conversations.history, Tier.THREE, _words(_HISTORY), reads_json=False),
    "conversations.replies": Method(
        conversations.replies, Tier.THREE, _words(f"{_HISTORY} ts"), reads_json=False
    ),
    "users.info": Method(
        people.users_info, Tier.FOUR, _words("user include_locale"), "users:read", reads_json=False
    ),
    "bots.info": Method(people.bots_info, Tier.THREE, _words("bot team_id"), "users:read", reads_json=False),
    "views.open": Method(views.open_view, Tier.FOUR, _words("trigger_id interactivity_pointer view")),
    "views.update": Method(views.update, Tier.FOUR, _words("view view_id external_id hash")),
    "views.publish": Method(views.publish, Tier.FOUR, _words("user_id view hash")),
    "files.getUploadURLExternal": Method(
        uploads.get_upload_url,
        Tier.FOUR,
        _words("filename length alt_txt snippet_type"),
        "files:write",
        reads_json=False,
    ),
    "files.completeUploadExternal": Method(
        uploads.complete_upload,
        Tier.FOUR,
        _words("files channel_id channels thread_ts initial_comment blocks"),
        "files:write",
    ),
}
