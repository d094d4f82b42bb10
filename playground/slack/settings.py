"""How this Slack is set up, which is also what our App must be told to live in it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

SCOPES = (
    "app_mentions:read",
    "channels:history",
    "channels:read",
    "chat:write",
    "commands",
    "files:write",
    "groups:history",
    "groups:read",
    "im:history",
    "im:write",
    "users:read",
)
EVENTS = ("app_home_opened", "app_mention", "app_uninstalled", "message.im", "tokens_revoked")


def _fresh(prefix: str) -> str:
    return f"{prefix}{secrets.token_hex(16)}"


@dataclass(frozen=True, slots=True)
class SlackSettings:
    """What is not given is random, where it is a secret."""

    base: str | None = None  # where our App listens; everything is sent to <base>/webhooks/slack
    seed: str = "acme"
    app_id: str = "A_AGENT"
    name: str = "agent"
    client_id: str = "1000000000001.2000000000002"
    client_secret: str = field(default_factory=lambda: _fresh(""))
    signing_secret: str = field(default_factory=lambda: _fresh(""))
    app_token: str = field(default_factory=lambda: _fresh("xapp-1-A_AGENT-"))
    bot_token: str = field(default_factory=lambda: _fresh("xoxb-canary-"))
    scopes: tuple[str, ...] = SCOPES
    events: tuple[str, ...] = EVENTS  # also `message.channels` and `message.groups`
    command: str = "/agent"
    shortcut: str = "run_with_agent"
    redirect_urls: tuple[str, ...] = ()  # none: any address of this machine
    trigger_seconds: float = 3.0
    ack_seconds: float = 3.0
    retry_speed: float = 1.0  # divides the 60 and 300 seconds between retries of an event
