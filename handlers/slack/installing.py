"""Which workspaces have installed us: bolt's OAuth flow, and its installation store in our ledger.

A token is sealed with a key of the environment before it is written down. The one of a single workspace may
stay in the environment instead; then it is nowhere else.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from cryptography.fernet import Fernet, InvalidToken
from slack_bolt.oauth import OAuthFlow
from slack_bolt.oauth.oauth_settings import OAuthSettings
from slack_bolt.request import BoltRequest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.oauth.installation_store import Bot, Installation, InstallationStore

from bot.chat.model import Workspace
from bot.chat.ports import Gone
from bot.errors import Hiccup, UserError
from handlers.slack.needs import SCOPES
from handlers.slack.refusals import TROUBLE, UNAVAILABLE, error_of

# bolt would write the code of a failed try. Nobody who sets up logging finds this one to set it free.
_QUIET = logging.Logger("devops-agent.slack.oauth", level=logging.CRITICAL + 1)


class Book(Protocol):
    """Where workspaces are written down."""

    def install(self, workspace: Workspace, now: datetime) -> None: ...

    def of(self, team: str) -> Workspace | None: ...

    def revoke(self, team: str, now: datetime) -> None: ...


class Sealing:
    """Tokens as they are kept. UserError when the key is none."""

    def __init__(self, key: str) -> None:
        try:
            self._fernet = Fernet(key.encode())
        except ValueError as error:
            raise UserError(
                "DEVOPS_AGENT_SLACK_TOKEN_KEY is no key. Make one with `openssl rand -base64 32 | tr +/ -_`."
            ) from error

    def seal(self, token: str) -> bytes:
        return self._fernet.encrypt(token.encode())

    def open(self, sealed: bytes) -> str:
        """Gone when it was sealed with another key."""
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken as error:
            raise Gone(
                "The workspace's token was sealed with another key. Install me there again."
            ) from error


class WorkspaceTokens:
    """Who we are in each workspace: from the ledger, or from the environment."""

    def __init__(
        self, book: Book, now: Callable[[], datetime], *, env_token: str = "", sealing: Sealing | None = None
    ) -> None:
        self._book, self._now = book, now
        self._env_token, self._sealing = env_token, sealing

    def of(self, team: str) -> str:
        workspace = self._book.of(team)
        if workspace is None or workspace.revoked_at is not None:
            raise Gone(f"I am not installed in the workspace {team}.")
        if workspace.token is not None and self._sealing is not None:
            return self._sealing.open(workspace.token)
        if workspace.token is None and self._env_token:
            return self._env_token
        raise Gone(f"I have no token for the workspace {team}. Install me there again.")

    def revoked(self, team: str, token: str) -> None:
        try:
            ours = self.of(team)
        except Gone:
            return
        if ours == token:  # a late answer may be about the one before a new installation
            self._book.revoke(team, self._now())


class LedgerInstallationStore(InstallationStore):
    """bolt's store, as far as we use it: one bot of each workspace, no tokens of people."""

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

    def find_bot(
        self, *, enterprise_id: str | None, team_id: str | None, is_enterprise_install: bool | None = False
    ) -> Bot | None:
        found = None if team_id is None else self._book.of(team_id)
        if found is None or found.token is None or found.revoked_at is not None:
            return None
        return Bot(
            team_id=team_id,
            enterprise_id=enterprise_id,
            bot_token=self._sealing.open(found.token),
            bot_id=found.bot_id,
            bot_user_id=found.bot_user,
            bot_scopes=list(found.scopes),
            is_enterprise_install=is_enterprise_install,
            installed_at=self._now().timestamp(),
        )

    def delete_bot(self, *, enterprise_id: str | None, team_id: str | None) -> None:  # noqa: ARG002
        if team_id:
            self._book.revoke(team_id, self._now())


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
        client = WebClient(base_url=api_url, timeout=10, retry_handlers=[])
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


def introduce(token: str, api_url: str) -> Workspace:
    """The workspace of a token of the environment. UserError when Slack does not know it."""
    try:
        told = WebClient(token=token, base_url=api_url, timeout=10, retry_handlers=[]).auth_test()
    except SlackApiError as error:
        said = error_of(error.response)
        if said in UNAVAILABLE | {"ratelimited", ""} or error.response.status_code >= 500:
            raise Hiccup(f"Slack does not say who we are at the moment ({said}).") from None
        raise UserError(
            f"Slack does not accept DEVOPS_AGENT_SLACK_BOT_TOKEN ({said}). Copy it anew from the app's page "
            "“OAuth & Permissions”."
        ) from None
    except TROUBLE as error:
        raise Hiccup(f"Slack cannot be reached at the moment ({type(error).__name__}).") from None
    scopes = str(told.headers.get("x-oauth-scopes") or told.headers.get("X-OAuth-Scopes") or "")
    return Workspace(
        team=told["team_id"],
        name=told["team"],
        bot_user=told["user_id"],
        bot_id=told["bot_id"],
        scopes=tuple(filter(None, (each.strip() for each in scopes.split(",")))),
    )
