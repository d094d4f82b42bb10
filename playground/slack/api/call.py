"""What a method is given: its arguments, whose token it came with, and what that token may see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from playground.slack.answers import Json, SlackError, explained
from playground.slack.model import Channel, ChannelKind, Token, User
from playground.slack.state import SlackWorld

TRUE = {"1", "true", "True", True}
SCOPE_OF_KIND = {ChannelKind.CHANNEL: "channels", ChannelKind.GROUP: "groups", ChannelKind.IM: "im"}


@dataclass(slots=True)
class Call:
    """One call of a method, after its token was looked at."""

    world: SlackWorld
    method: str
    args: Json
    holder: Token | None
    client: tuple[str, str] | None = None  # id and secret of whoever has no token yet

    @property
    def token(self) -> Token:
        if self.holder is None:
            raise SlackError("not_authed")
        return self.holder

    # -- arguments --------------------------------------------------------------------------------

    def text(self, name: str) -> str:
        """An argument as text, "" if it is not given."""
        value = self.args.get(name)
        return "" if value is None else str(value)

    def required(self, name: str) -> str:
        value = self.text(name)
        if not value:
            raise explained("invalid_arguments", [f"missing required field: {name}"])
        return value

    def flag(self, name: str) -> bool:
        return self.args.get(name) in TRUE

    def number(self, name: str, usually: int) -> int:
        value = self.text(name)
        if value and not value.isdecimal():
            raise explained("invalid_arguments", [f"{name} is a number"])
        return int(value) if value else usually

    def parsed(self, name: str, error: str) -> Any:
        """An argument that is JSON, or a string of JSON in a form; None if it is not given."""
        value = self.args.get(name)
        if not isinstance(value, str):
            return value
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError as wrong:
            raise SlackError(error) from wrong

    # -- what the token may see -------------------------------------------------------------------

    def need(self, scope: str) -> None:
        if scope not in self.token.scopes:
            raise SlackError("missing_scope", needed=scope, provided=",".join(self.token.scopes))

    def channel(self, name: str = "channel") -> Channel:
        """A channel of the token's team; a private one only for its members."""
        found = self.world.channels.get(self.required(name))
        if found is None or found.team != self.token.team or (found.private and not self.is_in(found)):
            raise SlackError("channel_not_found")
        return found

    def is_in(self, channel: Channel) -> bool:
        return self.token.user in channel.members

    def readable_channel(self, family: str) -> Channel:
        """A channel whose history the token may read; `family` is what scopes are called after its kind."""
        found = self.channel()
        self.need(f"{SCOPE_OF_KIND[found.kind]}:{family}")
        if family == "history" and not self.is_in(found):
            raise SlackError("not_in_channel")
        return found

    def writable_channel(self) -> Channel:
        """Where the token may post; the id of a person means the direct messages with them."""
        name = self.required("channel")
        if name in self.world.users and self.person(name, "channel_not_found").team == self.token.team:
            return self.world.im_of(name, self.token.team)
        found = self.channel()
        if found.archived:
            raise SlackError("is_archived")
        if not self.is_in(found):
            raise SlackError("not_in_channel")
        return found

    def person(self, user: str, error: str = "user_not_found") -> User:
        """Somebody the team knows: of it, or met in a channel that it shares."""
        found = self.world.users.get(user)
        if found is None or self.token.team not in {found.team, found.home}:
            raise SlackError(error)
        return found
