"""The token of each workspace: from the ledger, or from the environment.

A token is sealed with a key of the environment before it is written down. The one of a single workspace may
stay in the environment instead; then it is nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from cryptography.fernet import Fernet, InvalidToken

from bot.chat.model import Workspace
from bot.chat.ports import Gone
from bot.errors import UserError


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
