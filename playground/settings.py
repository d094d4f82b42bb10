"""How a playground is set up, and the credentials it leaves for who wants to talk to it."""

from __future__ import annotations

import functools
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

import orjson
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from playground.slack.settings import SlackSettings

PERMISSIONS = {
    "metadata": "read",
    "contents": "write",
    "pull_requests": "write",
    "issues": "write",
    "checks": "write",
    "actions": "read",
    "statuses": "read",
    "members": "read",
}
EVENTS = (
    "check_run",
    "check_suite",
    "issue_comment",
    "issues",
    "pull_request",
    "pull_request_review_comment",
    "push",
    "repository",
)


@functools.cache
def fresh_key() -> str:
    """A private key of this process's own, as PEM. Made once: it costs a tenth of a second."""
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    ).decode()


@dataclass(frozen=True, slots=True)
class Settings:
    """Port 0 means a free one; a state folder of None means a temporary one."""

    port: int = 0
    state: Path | None = None
    seed: str = "demo"
    webhook_url: str | None = None
    webhook_secret: str = field(default_factory=lambda: secrets.token_hex(20))
    client_secret: str = field(default_factory=lambda: secrets.token_hex(20))
    callback_url: str | None = None  # where people who signed in are sent; None: any address of this machine
    app_id: int = 4242
    slug: str = "devops-agent"
    private_key: str = field(default_factory=fresh_key)
    permissions: dict[str, str] = field(default_factory=lambda: dict(PERMISSIONS))
    events: tuple[str, ...] = EVENTS
    slack: SlackSettings = field(default_factory=SlackSettings)
    strict: bool = True  # judge every request and answer by GitHub's OpenAPI description

    @property
    def client_id(self) -> str:
        return f"Iv23playground{self.app_id}"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the App needs to know to live here."""

    url: str
    app_id: int
    client_id: str
    slug: str
    private_key: str
    private_key_path: Path
    webhook_secret: str
    client_secret: str
    callback_url: str | None


def write_credentials(settings: Settings, folder: Path, url: str) -> Credentials:
    """Leave `app.pem` and `credentials.json` in the state folder, readable by the owner only."""
    folder.mkdir(parents=True, exist_ok=True)
    pem = folder / "app.pem"
    _write_private(pem, settings.private_key.encode())
    credentials = Credentials(
        url=url,
        app_id=settings.app_id,
        client_id=settings.client_id,
        slug=settings.slug,
        private_key=settings.private_key,
        private_key_path=pem,
        webhook_secret=settings.webhook_secret,
        client_secret=settings.client_secret,
        callback_url=settings.callback_url,
    )
    told = {
        "url": url,
        "app_id": settings.app_id,
        "client_id": settings.client_id,
        "slug": settings.slug,
        "private_key_path": str(pem),
        "webhook_secret": settings.webhook_secret,
        "webhook_url": settings.webhook_url,
        "client_secret": settings.client_secret,
        "callback_url": settings.callback_url,
    }
    _write_private(folder / "credentials.json", orjson.dumps(told, option=orjson.OPT_INDENT_2) + b"\n")
    return credentials


def _write_private(path: Path, content: bytes) -> None:
    """Whole or not at all: somebody may be waiting for the file to appear."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    fresh.replace(path)
