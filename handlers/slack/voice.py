"""Slack's Web API as the desk needs it: the ports of a chat, one client a workspace, what refusals mean."""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any, Protocol

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError, SlackRequestError
from slack_sdk.web import SlackResponse

from bot.chat.forms import Form, Home
from bot.chat.message import MESSAGE, Message
from bot.chat.model import Channel, ChatUser, Member, Spot
from bot.chat.pacing import SLOW, posting, updating
from bot.chat.ports import Chat, Gone
from bot.chat.showing import number_of, ts_of
from bot.errors import Crowded, Hiccup, UserError
from bot.reports.chat import form_too_late
from handlers.slack.blocks import blocks
from handlers.slack.views import home, modal

log = structlog.get_logger(__name__)

TIMEOUT_S = 10
LOOK_BACK = 999  # messages in which one of ours is looked for: the most that Slack tells at once
EVENT = "devops_agent_message"  # the type of the metadata by which it is found
UNAVAILABLE = frozenset(
    {"internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"}
)
REVOKED = frozenset(
    {
        "token_revoked",
        "token_expired",
        "account_inactive",
        "invalid_auth",
        "not_authed",
        "team_access_not_granted",
    }
)
LOST = frozenset(
    {
        "message_not_found",
        "cant_update_message",
        "edit_window_closed",
        "channel_not_found",
        "not_in_channel",
        "is_archived",
        "user_not_in_channel",
        "thread_not_found",
        "cannot_reply_to_message",
        "restricted_action",
        "user_not_found",
        "user_disabled",
        "cannot_dm_bot",
        "messages_tab_disabled",
    }
)
UNKNOWN_BLOCKS = frozenset({"invalid_blocks", "invalid_blocks_format"})
# Slack takes JSON where something is written. What is asked for in it here, Slack does not see.
AS_A_FORM = frozenset({"conversations.history", "conversations.replies", "conversations.info", "users.info"})
TROUBLE = (SlackClientError, SlackRequestError, OSError, HTTPException)
_ERROR = re.compile(r"[a-z0-9_]+")
TOO_LATE = frozenset({"expired_trigger_id", "exchanged_trigger_id", "invalid_trigger_id"})


class Tokens(Protocol):
    """Who we are in each workspace."""

    def of(self, team: str) -> str:
        """Gone when we are not in it any more."""
        ...

    def revoked(self, team: str, token: str) -> None:
        """Slack does not take this token any more; another one, of a newer installation, is not meant."""
        ...


class Closes(Protocol):
    def close(self, names: Iterable[str], seconds: float) -> None: ...


def chat(tokens: Tokens, pacing: Closes, api_url: str) -> Chat:
    """All ports over the same connections."""
    api = SlackApi(tokens, pacing, api_url)
    people = _People(api)
    return Chat(_Messages(api), _Files(api), people, _Channels(api), _Forms(api))


@dataclass(frozen=True)
class Asked:
    """What was asked of Slack, and as whom."""

    team: str
    method: str
    line: str
    token: str = field(repr=False)


@dataclass(frozen=True)
class SlackApi:
    tokens: Tokens
    pacing: Closes
    api_url: str

    def call(self, team: str, method: str, *, line: str = "", **arguments: Any) -> Any:
        """The answer to one call, as what a refusal means: Gone, Crowded, Hiccup or a `Refusal`.

        Nothing is tried again here: what is said is tried by the reconciler, and never twice by two.
        """
        token = self.tokens.of(team)
        client = _client(token, self.api_url)
        try:
            if method in AS_A_FORM:
                return client.api_call(method, params=arguments).data
            return client.api_call(method, json=arguments).data
        except SlackApiError as error:
            asked = Asked(team, method, line, token)
            raise self.meaning(asked, error) from None  # its text may hold what we sent
        except TROUBLE as error:
            raise Hiccup(f"Slack cannot be reached at the moment ({type(error).__name__}).") from None

    def meaning(self, asked: Asked, error: SlackApiError) -> Exception:
        team, method, answer = asked.team, asked.method, error.response
        status, headers = answer.status_code, answer.headers or {}
        said = error_of(answer)
        if status == 429 or said in ("ratelimited", "rate_limited"):
            seconds = float(headers.get("Retry-After") or headers.get("retry-after") or 1)
            self.pacing.close(_paces(team, asked.line, method), seconds)
            return Crowded(seconds, SLOW)
        if status >= 500 or said in UNAVAILABLE or not said:
            return Hiccup(f"Slack has trouble at the moment ({said or status}).")
        if said in REVOKED:
            self.tokens.revoked(team, asked.token)
            return Gone(f"Slack does not accept our token for the workspace {team} any more ({said}).")
        if said in LOST:
            return Gone(f"Slack says {said} to {method}.")
        log.warning("slack.refused", method=method, error=said, needed=answer.get("needed"))
        return Refusal(method, said, str(answer.get("needed") or ""))


def error_of(answer: SlackResponse) -> str:
    """What Slack calls it; "" for the page of something that stands between us and Slack."""
    said = str(answer.get("error") or "") if isinstance(answer.data, Mapping) else ""
    return said if _ERROR.fullmatch(said) else ""


class Refusal(UserError):
    """Slack understood and says no, and it is not that something went away."""

    def __init__(self, method: str, said: str, needed: str) -> None:
        scope = f" It needs the scope {needed}." if needed else ""
        super().__init__(f"Slack refused {method} ({said}).{scope} Ask an operator to look at the Slack app.")
        self.said = said


def _paces(team: str, line: str, method: str) -> tuple[str, ...]:
    if method == "chat.update":
        return (updating(f"{team}:"),)
    return (posting(line),) if line else ()


@functools.lru_cache(maxsize=256)
def _client(token: str, api_url: str) -> WebClient:
    """Without retries of its own, which the reconciler's would be multiplied by."""
    return WebClient(token=token, base_url=api_url, timeout=TIMEOUT_S, retry_handlers=[])


@dataclass(frozen=True)
class _Messages:
    api: SlackApi
    plain: set[str] = field(default_factory=set)  # workspaces that do not know Slack's blocks for plans

    def post(self, spot: Spot, message: Message, *, key: str) -> int:
        thread = {"thread_ts": spot.thread, "reply_broadcast": False} if spot.thread else {}
        told = self._shown(
            spot,
            "chat.postMessage",
            message,
            version=_version(message),
            metadata={"event_type": EVENT, "event_payload": {"key": key}},
            **_QUIET,
            **thread,
        )
        return number_of(told["ts"])

    def find(self, spot: Spot, *, key: str) -> int | None:
        method = "conversations.replies" if spot.thread else "conversations.history"
        where = {"ts": spot.thread} if spot.thread else {}
        told = self.api.call(
            spot.team,
            method,
            line=spot.line,
            channel=spot.channel,
            limit=LOOK_BACK,
            include_all_metadata=True,
            **where,
        )
        for each in told["messages"]:
            ours = each.get("metadata") or {}
            if ours.get("event_type") == EVENT and ours.get("event_payload", {}).get("key") == key:
                return number_of(each["ts"])
        return None

    def update(self, spot: Spot, number: int, message: Message) -> None:
        version = _version(message)
        self._shown(spot, "chat.update", message, version=version, ts=ts_of(number), **_QUIET)

    def whisper(self, spot: Spot, to: str, message: Message) -> None:
        thread = {"thread_ts": spot.thread} if spot.thread else {}
        self._shown(spot, "chat.postEphemeral", message, version="w", user=to, **thread)

    def _shown(self, spot: Spot, method: str, message: Message, *, version: str, **more: Any) -> Any:
        """In Slack's blocks for plans; where a workspace does not know them, as a list."""
        if spot.team not in self.plain:
            try:
                return self._said(spot, method, message, version, plain=False, **more)
            except Refusal as refusal:
                if refusal.said not in UNKNOWN_BLOCKS:
                    raise
        told = self._said(spot, method, message, version, plain=True, **more)
        self.plain.add(spot.team)
        return told

    def _said(
        self, spot: Spot, method: str, message: Message, version: str, *, plain: bool, **more: Any
    ) -> Any:
        text, shown = blocks(message, version=version, plain=plain)
        return self.api.call(
            spot.team, method, line=spot.line, channel=spot.channel, text=text, blocks=shown, **more
        )


def _version(message: Message) -> str:
    """What is changed gets other block ids, as Slack asks for."""
    return hashlib.sha256(MESSAGE.dump_json(message)).hexdigest()[:12]


_QUIET = {"unfurl_links": False, "unfurl_media": False, "link_names": False, "parse": "none"}


@dataclass(frozen=True)
class _Files:
    api: SlackApi

    def find(self, spot: Spot, name: str) -> bool:
        where = {"channel": spot.channel, "ts": spot.thread, "limit": LOOK_BACK}
        told = self.api.call(spot.team, "conversations.replies", line=spot.line, **where)
        return any(file.get("name") == name for each in told["messages"] for file in each.get("files") or ())

    def attach(self, spot: Spot, name: str, content: bytes) -> None:
        token = self.api.tokens.of(spot.team)
        client = _client(token, self.api.api_url)
        try:
            client.files_upload_v2(
                channel=spot.channel,
                thread_ts=spot.thread or None,
                filename=name,
                title=name,
                content=content,
                snippet_type="text",
            )
        except SlackApiError as error:
            asked = Asked(spot.team, "files.upload", spot.line, token)
            raise self.api.meaning(asked, error) from None
        except TROUBLE as error:
            raise Hiccup(f"Slack does not take the log at the moment ({type(error).__name__}).") from None


@dataclass(frozen=True)
class _People:
    api: SlackApi
    talks: dict[ChatUser, Spot] = field(default_factory=dict)  # a talk with somebody is always the same

    def member(self, user: ChatUser) -> Member:
        told = self.api.call(user.team, "users.info", user=user.id)["user"]
        lesser = ("deleted", "is_bot", "is_restricted", "is_ultra_restricted", "is_stranger")
        at_home = told.get("team_id", user.team) == user.team
        return Member(
            user,
            told.get("name", ""),
            full=at_home and not any(told.get(each) for each in lesser),
            admin=bool(told.get("is_admin") or told.get("is_owner")),
        )

    def direct(self, user: ChatUser) -> Spot:
        known = self.talks.get(user)
        if known is None:
            line = Spot(user.team, user.id).line  # as long as nobody knows what the talk is called
            told = self.api.call(user.team, "conversations.open", line=line, users=user.id)
            known = self.talks[user] = Spot(user.team, told["channel"]["id"])
        return known


@dataclass(frozen=True)
class _Channels:
    api: SlackApi

    def channel(self, spot: Spot) -> Channel:
        told = self.api.call(spot.team, "conversations.info", channel=spot.channel)["channel"]
        shared = told.get("is_ext_shared") or told.get("is_pending_ext_shared")
        return Channel(told.get("name", ""), bool(shared))

    def first_words(self, spot: Spot) -> str:
        try:
            told = self.api.call(
                spot.team, "conversations.replies", channel=spot.channel, ts=spot.thread, limit=1
            )
        except (Gone, Refusal):
            return ""
        return str(told["messages"][0].get("text") or "") if told["messages"] else ""


@dataclass(frozen=True)
class _Forms:
    api: SlackApi

    def open(self, team: str, trigger: str, form: Form) -> None:
        try:
            self.api.call(team, "views.open", trigger_id=trigger, view=modal(form))
        except Refusal as refusal:
            if refusal.said in TOO_LATE:
                raise UserError(form_too_late()) from refusal
            raise

    def change(self, team: str, view: str, form: Form, *, seen: str) -> None:
        try:
            self.api.call(team, "views.update", view_id=view, hash=seen, view=modal(form))
        except Refusal as refusal:
            if refusal.said not in ("hash_conflict", "not_found", "view_not_found"):
                raise

    def home(self, user: ChatUser, home_of: Home) -> None:
        self.api.call(user.team, "views.publish", user_id=user.id, view=home(home_of))
