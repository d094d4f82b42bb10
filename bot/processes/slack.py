"""Slack at the desk: its ports over the settings, or nothing where it is not set up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog

from bot.chat.pacing import Gaps, Pacing
from bot.chat.ports import Chat, Installer
from bot.chat.showing import ChatScreen
from bot.clock import SystemClock
from bot.desk.model import Desk
from bot.errors import AgentError, UserError
from bot.ledger import Ledger
from bot.ports import SignIns
from bot.settings import DeskSettings

log = structlog.get_logger(__name__)


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
            interval=interval,
        )


def open_slack(settings: DeskSettings, ledger: Ledger, clock: SystemClock) -> Slack:
    """UserError for settings that cannot be together."""
    gaps = Gaps(
        post=timedelta(seconds=settings.slack_post_gap_s),
        update=timedelta(seconds=60 / settings.slack_updates_per_minute),
    )
    pacing = Pacing(ledger, clock, gaps)
    token, secret = settings.slack_bot_token, settings.slack_client_secret
    if token is None and secret is None:
        return Slack(pacing, introduced=lambda: True)
    from handlers.github.sign_in import GitHubSignIns
    from handlers.slack.installing import (
        Installer as SlackInstaller,
    )
    from handlers.slack.installing import (
        LedgerInstallationStore,
        Sealing,
        WorkspaceTokens,
        introduce,
    )
    from handlers.slack.returning import INSTALLED, LINKED
    from handlers.slack.voice import chat

    client_secret = settings.client_secret()
    if client_secret is None or not settings.github_client_id:
        raise UserError(
            "Slack needs DEVOPS_AGENT_GITHUB_CLIENT_ID and DEVOPS_AGENT_GITHUB_CLIENT_SECRET: with them "
            "people show who they are on GitHub. They are on the GitHub App's settings page."
        )
    sealing = None
    installer = None
    if secret is not None:
        if settings.slack_token_key is None or not settings.slack_client_id:
            raise UserError(
                "DEVOPS_AGENT_SLACK_CLIENT_SECRET needs DEVOPS_AGENT_SLACK_CLIENT_ID and "
                "DEVOPS_AGENT_SLACK_TOKEN_KEY."
            )
        sealing = Sealing(settings.slack_token_key.get_secret_value())
        installer = SlackInstaller(
            settings.slack_client_id,
            secret.get_secret_value(),
            LedgerInstallationStore(ledger.workspaces, sealing, clock.now),
            api_url=settings.slack_api,
            redirect_url=f"{settings.public_url}{INSTALLED}",
        )
    env_token = token.get_secret_value() if token is not None else ""
    tokens = WorkspaceTokens(ledger.workspaces, clock.now, env_token=env_token, sealing=sealing)

    def introduced() -> bool:
        if not env_token:
            return True
        try:
            workspace = introduce(env_token, settings.slack_api)
        except AgentError as problem:
            log.warning("slack.not_introduced", why=str(problem))
            return False
        ledger.workspaces.install(workspace, clock.now())
        log.info("slack.introduced", team=workspace.team, name=workspace.name)
        return True

    return Slack(
        pacing=pacing,
        introduced=introduced,
        chat=chat(tokens, pacing, settings.slack_api),
        sign_ins=GitHubSignIns(
            settings.github_client_id,
            client_secret.get_secret_value(),
            forge_url=settings.github_url,
            api_url=settings.github_api_url,
            redirect_url=f"{settings.public_url}{LINKED}",
        ),
        installer=installer,
    )
