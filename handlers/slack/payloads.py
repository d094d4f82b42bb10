"""What Slack sends, turned into our events. Pure; nobody further in ever sees a payload.

Slack sends an event up to four times, and a command or a press whenever somebody's network hiccups: each has
an id that is the same for every sending.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bot.chat.enquiry import Enquiry
from bot.chat.forms import DRY, PULL
from bot.chat.model import key_of
from bot.chat.open_form import OpenForm
from bot.events import ChatFormSent, ChatHomeOpened, ChatLeft, ChatPressed, ChatSaid
from handlers.slack.views import fields

Json = Mapping[str, Any]
LONGEST_TEXT = 40_000  # Slack itself cuts what is longer
LONGEST_QUERY = 200

_ENTITY = re.compile(r"<(?P<sign>[@#!]?)(?P<body>[^<>|]*)(?:\|(?P<label>[^<>]*))?>")
_SCHEME = re.compile(r"(?:https?://|mailto:|tel:)|[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_SIGNS = {"@": "@", "#": "#", "!": "@"}


def unicode(body: Json) -> dict[str, Any]:
    """The same, with a question mark for each half of a character (a surrogate without its other half)."""
    told: dict[str, Any] = json.loads(json.dumps(body, ensure_ascii=False).encode("utf-8", "replace"))
    return told


def plain(text: str) -> str:
    """The text as it was typed: Slack wraps links and names in `<…>`, and `&`, `<` and `>` are entities."""
    unwrapped = _ENTITY.sub(_typed, text[:LONGEST_TEXT])
    return unwrapped.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _typed(found: re.Match[str]) -> str:
    """What is no link was typed in angles. Slack makes a link of `setup.py`, whose label was typed then."""
    sign, body, label = found["sign"], found["body"], found["label"] or ""
    if sign:
        return f"{_SIGNS[sign]}{(label or body).removeprefix(_SIGNS[sign])}"
    scheme = _SCHEME.match(body)
    if scheme is None:
        return found[0]
    return label if body[scheme.end() :] == label else body


def command(body: Json, now: datetime) -> ChatSaid:
    """`/agent …`: no message of it is shown to anybody."""
    team, user = body["team_id"], body["user_id"]
    return ChatSaid(
        id=key_of("command", team, body["trigger_id"]),
        team=team,
        home=team,
        user=user,
        channel=_channel(body["channel_id"]),
        thread="",
        ts="",
        text=plain(body.get("text") or ""),
        came="command",
        trigger=body["trigger_id"],
        at=now,
    )


def mention(body: Json, now: datetime, *, us: str) -> ChatSaid | None:
    """`@agent …` at the beginning of a message of a person; None for what only speaks of us."""
    called = _called(body["event"], us)
    return None if called is None else _said(body, now, body["event"]["text"][called.end() :])


def direct(body: Json, now: datetime, *, us: str) -> ChatSaid | None:
    """What a person writes where only they and we are, with or without our name before it."""
    event = body["event"]
    text = event.get("text") or ""
    if event.get("channel_type") != "im" or event.get("user") in (None, us) or not text.strip():
        return None
    called = _called(event, us)
    return _said(body, now, text if called is None else text[called.end() :])


def _called(event: Json, us: str) -> re.Match[str] | None:
    return re.match(rf"\s*<@{re.escape(us)}(?:\|[^>]*)?>", event.get("text") or "") if us else None


def _said(body: Json, now: datetime, text: str) -> ChatSaid | None:
    """A message of a person as they first wrote it. It has one name, whatever event tells of it.

    At the top of a channel an answer begins a thread; where only two talk it is the next message.
    """
    event = body["event"]
    if event.get("bot_id") or event.get("subtype") or event.get("edited"):
        return None
    team = _installed(body)
    channel = _channel(event["channel"])
    return ChatSaid(
        id=key_of("message", team, event["channel"], event["ts"]),
        team=team,
        home=event.get("user_team") or event.get("team") or team,
        user=event["user"],
        channel=channel,
        thread=event.get("thread_ts") or (event["ts"] if channel else ""),
        ts=event["ts"],
        text=plain(text).strip(),
        came="mention",
        trigger="",
        at=now,
    )


def shortcut(body: Json, now: datetime) -> ChatSaid:
    """“Run with agent”, in the menu of somebody's message."""
    message, channel = body["message"], _channel(body["channel"]["id"])
    return ChatSaid(
        id=key_of("shortcut", body["team"]["id"], body["action_ts"], body["user"]["id"]),
        team=body["team"]["id"],
        home=_home(body),
        user=body["user"]["id"],
        channel=channel,
        thread=(message.get("thread_ts") or message["ts"]) if channel else "",
        ts=message["ts"] if channel else "",
        text=plain(message.get("text") or "").strip(),
        came="shortcut",
        trigger=body["trigger_id"],
        at=now,
    )


def press(body: Json, now: datetime) -> ChatPressed:
    """A button, or a choice from a list, in a message."""
    action = body["actions"][0]
    message, container = body.get("message") or {}, body.get("container") or {}
    chosen = action.get("selected_option") or {}
    alone = bool(container.get("is_ephemeral"))  # nobody can answer below what only one sees
    return ChatPressed(
        id=key_of("press", body["team"]["id"], action["action_ts"], body["user"]["id"], action["action_id"]),
        team=body["team"]["id"],
        home=_home(body),
        user=body["user"]["id"],
        channel=_channel((body.get("channel") or {}).get("id") or container.get("channel_id") or ""),
        thread=message.get("thread_ts") or container.get("thread_ts") or "",
        ts="" if alone else message.get("ts") or container.get("message_ts") or "",
        action=action["action_id"].partition(":")[0],
        value=action.get("value") or chosen.get("value") or "",
        key=action.get("block_id") or "",
        trigger=body["trigger_id"],
        at=now,
    )


def open_form(body: Json, now: datetime) -> OpenForm:
    view = body["view"]
    return OpenForm(
        team=body["team"]["id"],
        home=_home(body),
        user=body["user"]["id"],
        view=view["id"],
        origin=view["private_metadata"],
        fields=_fields(view),
        at=now,
    )


def enquiry(body: Json) -> Enquiry:
    """What somebody types into a list. Of whoever is from elsewhere the desk knows no link."""
    repository = body["block_id"].partition(":")[2] if body["action_id"] == PULL else None
    query = (body.get("value") or "")[:LONGEST_QUERY]
    filled = (body.get("view") or {}).get("state")  # a list in a message stands in no form
    dry = bool(filled and fields(filled["values"]).get(DRY))
    return Enquiry(body["team"]["id"], body["user"]["id"], repository, query, dry)


def form_sent(body: Json, now: datetime) -> ChatFormSent:
    view = body["view"]
    return ChatFormSent(
        id=key_of("sent", view["id"], view["hash"]),
        team=body["team"]["id"],
        home=_home(body),
        user=body["user"]["id"],
        form=view["callback_id"],
        origin=view["private_metadata"],
        fields=_fields(view),
        at=now,
    )


def home_opened(body: Json) -> ChatHomeOpened:
    team = _installed(body)
    return ChatHomeOpened(
        id=key_of("event", team, body["event_id"]), team=team, home=team, user=body["event"]["user"]
    )


def left(body: Json) -> ChatLeft:
    team = _installed(body)
    at = datetime.fromtimestamp(int(body["event_time"]) + 1, UTC)  # in whole seconds: the end of that one
    return ChatLeft(id=key_of("event", team, body["event_id"]), team=team, at=at)


def _fields(view: Json) -> dict[str, str]:
    return {name: text[:LONGEST_TEXT] for name, text in fields(view["state"]["values"]).items()}


def _channel(name: str) -> str:
    """A talk of two has no name here: what comes of it is said between us and whoever wrote, and
    `/agent` and the shortcut can be used in talks that we are not in."""
    return "" if name.startswith("D") else name


def _installed(body: Json) -> str:
    """The workspace whose installation hears this: in a shared channel that is not always the writer's."""
    authorizations = body.get("authorizations") or [{}]
    return str(authorizations[0].get("team_id") or body["team_id"])


def _home(body: Json) -> str:
    return str(body["user"].get("team_id") or body["team"]["id"])


def now() -> datetime:
    return datetime.now(UTC)
