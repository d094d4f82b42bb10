"""Channels as their workspace has them now."""

from __future__ import annotations

from dataclasses import dataclass

from bot.chat.model import Channel, Spot
from bot.chat.ports import Gone
from handlers.slack.api import SlackApi
from handlers.slack.refusals import Refusal


@dataclass(frozen=True)
class SlackChannels:
    api: SlackApi

    def channel(self, spot: Spot) -> Channel:
        told = self.api.call(spot.team, "conversations.info", channel=spot.channel)["channel"]
        shared = told.get("is_ext_shared") or told.get("is_pending_ext_shared")
        return Channel(told.get("name", ""), bool(shared), bool(told.get("is_member")))

    def first_words(self, spot: Spot) -> str:
        try:
            told = self.api.call(
                spot.team, "conversations.replies", channel=spot.channel, ts=spot.thread, limit=1
            )
        except (Gone, Refusal):
            return ""
        return str(told["messages"][0].get("text") or "") if told["messages"] else ""
