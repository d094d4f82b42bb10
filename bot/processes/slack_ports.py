"""The desk's ports to Slack, each over the settings. UserError for settings that cannot be together."""

from __future__ import annotations

import structlog

from bot.chat import ports
from bot.chat.pacing import Pacing
from bot.errors import AgentError, UserError
from bot.ledger import Ledger
from bot.ports import Clock, SignIns
from bot.settings import DeskSettings
from handlers.github.sign_in import GitHubSignIns
from handlers.slack import voice
from handlers.slack.installing import Installer, LedgerInstallationStore
from handlers.slack.introducing import introduce
from handlers.slack.returning import INSTALLED, LINKED
from handlers.slack.tokens import Sealing, WorkspaceTokens

log = structlog.get_logger(__name__)


def sign_ins(settings: DeskSettings) -> SignIns:
    """How members show who they are on GitHub."""
    client_secret = settings.client_secret()
    if client_secret is None or not settings.github_client_id:
        raise UserError(
            "Slack needs DEVOPS_AGENT_GITHUB_CLIENT_ID and DEVOPS_AGENT_GITHUB_CLIENT_SECRET: with them "
            "people show who they are on GitHub. They are on the GitHub App's settings page."
        )
    return GitHubSignIns(
        settings.github_client_id,
        client_secret.get_secret_value(),
        forge_url=settings.github_url,
        api_url=settings.github_api_url,
        redirect_url=f"{settings.public_url}{LINKED}",
    )


def installing(
    settings: DeskSettings, ledger: Ledger, clock: Clock
) -> tuple[Sealing, ports.Installer] | tuple[None, None]:
    """How workspaces install us, and how their tokens are kept; neither without a client secret."""
    secret = settings.slack_client_secret
    if secret is None:
        return None, None
    if settings.slack_token_key is None or not settings.slack_client_id:
        raise UserError(
            "DEVOPS_AGENT_SLACK_CLIENT_SECRET needs DEVOPS_AGENT_SLACK_CLIENT_ID and "
            "DEVOPS_AGENT_SLACK_TOKEN_KEY."
        )
    sealing = Sealing(settings.slack_token_key.get_secret_value())
    return sealing, Installer(
        settings.slack_client_id,
        secret.get_secret_value(),
        LedgerInstallationStore(ledger.workspaces, sealing, clock.now),
        api_url=settings.slack_api,
        redirect_url=f"{settings.public_url}{INSTALLED}",
    )


def chat(settings: DeskSettings, ledger: Ledger, pacing: Pacing, sealing: Sealing | None) -> ports.Chat:
    """What is said, with the token of the workspace in which it is said."""
    tokens = WorkspaceTokens(
        ledger.workspaces, pacing.clock.now, env_token=_env_token(settings), sealing=sealing
    )
    return voice.chat(tokens, pacing, settings.slack_api)


def introduced(settings: DeskSettings, ledger: Ledger, clock: Clock) -> bool:
    """Write down who we are in the workspace of the environment's token, if there is one."""
    token = _env_token(settings)
    if not token:
        return True
    try:
        workspace = introduce(token, settings.slack_api)
    except AgentError as problem:
        log.warning("slack.not_introduced", why=str(problem))
        return False
    ledger.workspaces.install(workspace, clock.now())
    log.info("slack.introduced", team=workspace.team, name=workspace.name)
    return True


def _env_token(settings: DeskSettings) -> str:
    token = settings.slack_bot_token
    return token.get_secret_value() if token is not None else ""
