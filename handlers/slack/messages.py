"""Messages: posted under a key that is hidden in them, found again by it, changed, and whispered."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from bot.chat.message import MESSAGE, Message, Steps
from bot.chat.model import Spot, number_of, ts_of
from handlers.slack.api import MOST_TOLD, SlackApi
from handlers.slack.blocks import blocks
from handlers.slack.refusals import Refusal

EVENT = "devops_agent_message"  # the type of the metadata by which it is found
UNKNOWN_BLOCKS = frozenset({"invalid_blocks", "invalid_blocks_format"})
_QUIET = {"unfurl_links": False, "unfurl_media": False, "link_names": False, "parse": "none"}


@dataclass(frozen=True)
class SlackMessages:
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
            limit=MOST_TOLD,
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
        has_plan = any(isinstance(part, Steps) for part in message.parts)
        if spot.team in self.plain or not has_plan:
            return self._said(spot, method, message, version, plain=True, **more)
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
