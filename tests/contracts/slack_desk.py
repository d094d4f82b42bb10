"""The desk's side of Slack in its contracts: our adapter over the playground's Slack, and a ledger."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.chat.model import Spot
from bot.chat.pacing import Gaps, Pacing
from bot.chat.ports import Chat
from bot.ledger import Ledger
from handlers.slack.tokens import WorkspaceTokens
from handlers.slack.voice import chat
from playground.slack import SlackDriver, SlackPlayground
from tests.scripted import Clock

SHOP = Spot("T_ACME", "C_SHOP")


def our_chat(playground: SlackPlayground, pacing: Pacing, *, api_url: str = "") -> Chat:
    """With the token of the environment. At another address than Slack's, if one is given."""
    token = playground.settings.bot_token
    tokens = WorkspaceTokens(pacing.ledger.workspaces, pacing.clock.now, env_token=token)
    return chat(tokens, pacing, api_url or playground.api_url)


@dataclass
class OurSide:
    """A ledger, a time that stands still, and the Slack that we talk to."""

    playground: SlackPlayground
    ledger: Ledger
    clock: Clock = field(default_factory=Clock)

    @property
    def slack(self) -> SlackDriver:
        return self.playground.driver

    @property
    def pacing(self) -> Pacing:
        return Pacing(self.ledger, self.clock, Gaps())

    @property
    def ours(self) -> Chat:
        return our_chat(self.playground, self.pacing)
