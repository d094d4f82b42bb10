"""Members as their workspace has them now, and the talks that only they read."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.chat.model import ChatUser, Member, Spot
from handlers.slack.api import SlackApi


@dataclass(frozen=True)
class SlackPeople:
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
