"""Workspaces install us: bolt's OAuth flow, and its installation store in our ledger."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from slack_bolt.oauth import OAuthFlow
from slack_bolt.oauth.oauth_settings import OAuthSettings
from slack_bolt.request import BoltRequest
from slack_sdk.oauth.installation_store import Installation, InstallationStore

from bot.chat.model import Workspace
from bot.errors import Hiccup, UserError
from handlers.slack.api import new_client
from handlers.slack.needs import SCOPES
from handlers.slack.refusals import TROUBLE
from handlers.slack.tokens import Book, Sealing

# bolt would write the code of a failed try. Nobody who sets up logging finds this one to set it free.
_QUIET = logging.Logger("devops-agent.slack.oauth", level=logging.CRITICAL + 1)


class LedgerInstallationStore(InstallationStore):
    """bolt's store, as far as its flow uses it: one bot of each workspace, no tokens of people."""

    def __init__(self, book: Book, sealing: Sealing, now: Callable[[], datetime]) -> None:
        self._book, self._sealing, self._now = book, sealing, now

    def save(self, installation: Installation) -> None:
        if not installation.bot_token or not installation.team_id:
            raise UserError("Slack gave me no token for one workspace. Install me into a workspace, please.")
        workspace = Workspace(
            team=installation.team_id,
            name=installation.team_name or installation.team_id,
            bot_user=installation.bot_user_id or "",
            bot_id=installation.bot_id or "",
            scopes=tuple(installation.bot_scopes or ()),
            token=self._sealing.seal(installation.bot_token),
        )
        self._book.install(workspace, self._now())


class Installer:
    """The end of an installation: a code of Slack's becomes a workspace in the ledger."""

    def __init__(
        self, client_id: str, client_secret: str, store: InstallationStore, *, api_url: str, redirect_url: str
    ) -> None:
        settings = OAuthSettings(
            client_id=client_id,
            client_secret=client_secret,
            scopes=list(SCOPES),
            redirect_uri=redirect_url,
            installation_store=store,
            logger=_QUIET,
        )
        client = new_client(api_url)
        self._flow = OAuthFlow(settings=settings, client=client, logger=_QUIET)

    def install(self, code: str) -> str:
        """The name of the workspace. UserError when Slack does not take the code."""
        try:
            installation = self._flow.run_installation(code)
        except TROUBLE as error:
            raise Hiccup(f"Slack cannot be reached at the moment ({type(error).__name__}).") from None
        if installation is None:
            raise UserError("Slack did not take this sign-in. Please begin the installation anew.")
        self._flow.store_installation(BoltRequest(body=""), installation)
        return installation.team_name or str(installation.team_id)
