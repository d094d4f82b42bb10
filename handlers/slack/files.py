"""Files in a thread."""

from __future__ import annotations

from dataclasses import dataclass

from bot.chat.model import Spot
from handlers.slack.api import MOST_TOLD, Asked, SlackApi


@dataclass(frozen=True)
class SlackFiles:
    api: SlackApi

    def find(self, spot: Spot, name: str) -> bool:
        where = {"channel": spot.channel, "ts": spot.thread, "limit": MOST_TOLD}
        told = self.api.call(spot.team, "conversations.replies", line=spot.line, **where)
        return any(file.get("name") == name for each in told["messages"] for file in each.get("files") or ())

    def attach(self, spot: Spot, name: str, content: bytes) -> None:
        asked = Asked(spot.team, "files.upload", spot.line, self.api.tokens.of(spot.team))
        with self.api.asking(asked, away="Slack does not take the log at the moment") as client:
            client.files_upload_v2(
                channel=spot.channel,
                thread_ts=spot.thread or None,
                filename=name,
                title=name,
                content=content,
                snippet_type="text",
            )
