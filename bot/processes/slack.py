"""Slack at the desk: its ports over the settings, or nothing where it is not set up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from bot.chat.pacing import Gaps, Pacing
from bot.chat.ports import Chat, Installer
from bot.chat.showing import ChatScreen
from bot.clock import SystemClock
from bot.desk.chat.finding import may_be_posted_in
from bot.desk.model import Desk
from bot.errors import UserError
from bot.ledger import Ledger
from bot.ports import SignIns
from bot.rules import ServerFile
from bot.settings import DeskSettings


@dataclass(frozen=True)
class Slack:
    """`introduced` looks who we are in the workspace of the environment's token: whether it is known now."""

    pacing: Pacing
    introduced: Callable[[], bool]
    chat: Chat | None = None
    sign_ins: SignIns | None = None
    installer: Installer | None = None

    def screen(self, desk: Desk, interval: timedelta) -> ChatScreen | None:
        if self.chat is None:
            return None
        return ChatScreen(
            ledger=desk.ledger,
            chat=self.chat,
            pacing=self.pacing,
            page=desk.page,
            check_page=desk.check_page,
            may_read=lambda place, spot: may_be_posted_in(desk, place, spot),
            interval=interval,
        )


def open_slack(settings: DeskSettings, server: ServerFile, ledger: Ledger, clock: SystemClock) -> Slack:
    """UserError for settings that cannot be together."""
    pacing = Pacing(ledger, clock, _gaps(settings))
    if settings.slack_bot_token is None and settings.slack_client_secret is None:
        return Slack(pacing, introduced=lambda: True)
    look_for_workspaces(settings, server)
    from bot.processes import slack_ports as ports  # its libraries cost memory, so only where it is set up

    sign_ins = ports.sign_ins(settings)
    sealing, installer = ports.installing(settings, ledger, clock)
    return Slack(
        pacing=pacing,
        introduced=lambda: ports.introduced(settings, ledger, clock),
        chat=ports.chat(settings, ledger, pacing, sealing),
        sign_ins=sign_ins,
        installer=installer,
    )


def look_for_workspaces(settings: DeskSettings, server: ServerFile) -> None:
    """UserError for a channel of the server's file of which nobody knows in which workspace it is.

    The only one that has installed us would be a guess: anybody may install us in one more.
    """
    unnamed = [channel for channel, part in server.slack.channels.items() if not part.workspace]
    if unnamed and settings.slack_bot_token is None and settings.slack_client_secret is not None:
        raise UserError(
            f"The server's file does not say in which workspace the channel {unnamed[0]} is. Write "
            "`workspace: T…` below it. Only the workspace of DEVOPS_AGENT_SLACK_BOT_TOKEN needs no name."
        )


def _gaps(settings: DeskSettings) -> Gaps:
    return Gaps(
        post=timedelta(seconds=settings.slack_post_gap_s),
        update=timedelta(seconds=60 / settings.slack_updates_per_minute),
    )
