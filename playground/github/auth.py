"""Who is calling: App JWTs, tokens of installations and of people, client secrets, and what each may do."""

from __future__ import annotations

import base64
import binascii
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from playground.github.answers import Json, Refused, unprocessable
from playground.github.state import App, Installation, Repository, Token, UserToken, World, now

LIFETIME = timedelta(hours=1)
LONGEST_JWT = 600  # seconds; GitHub refuses an App JWT that lives longer
LEVELS = {"none": 0, "read": 1, "write": 2, "admin": 3}


@dataclass(frozen=True, slots=True)
class AppCaller:
    app: App


@dataclass(frozen=True, slots=True)
class TokenCaller:
    token: Token

    @property
    def app(self) -> App:
        return self.token.installation.app


@dataclass(frozen=True, slots=True)
class UserCaller:
    """An App that acts as a person."""

    token: UserToken

    @property
    def app(self) -> App:
        return self.token.app


@dataclass(frozen=True, slots=True)
class ClientCaller:
    """An App with its client id and client secret."""

    app: App


@dataclass(frozen=True, slots=True)
class Nobody:
    """No Authorization header at all."""


Caller = AppCaller | TokenCaller | UserCaller | ClientCaller | Nobody


def identify(world: World, headers: Mapping[str, str]) -> Caller:
    header = headers.get("authorization")
    if header is None:
        return Nobody()
    scheme, _, credential = header.partition(" ")
    if scheme.lower() == "basic":
        return ClientCaller(_client_behind(world, credential))
    if scheme.lower() not in {"bearer", "token"}:
        raise Refused(401, "Bad credentials")
    if credential.startswith("ghu_"):
        return UserCaller(_live_user_token(world, credential))
    if credential.count(".") == 2 and not credential.startswith("ghs_"):
        return AppCaller(_app_behind(world, credential))
    return TokenCaller(live_token(world, credential))


def live_token(world: World, value: str) -> Token:
    token = world.tokens.get(value)
    if token is None or token.expires_at <= now():
        raise Refused(401, "Bad credentials")
    if token.installation.suspended_at is not None:
        raise Refused(403, "This installation has been suspended")
    return token


def _live_user_token(world: World, value: str) -> UserToken:
    token = world.user_tokens.get(value)
    if token is None or token.expires_at <= now():
        raise Refused(401, "Bad credentials")
    return token


def _client_behind(world: World, credential: str) -> App:
    try:
        client_id, _, secret = base64.b64decode(credential).decode().partition(":")
    except ValueError as error:
        raise Refused(401, "Bad credentials") from error
    app = world.app_of(client_id)
    if app is None or app.client_secret is None or app.client_secret != secret:
        raise Refused(401, "Bad credentials")
    return app


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _app_behind(world: World, jwt: str) -> App:
    """The App that signed this token, if the token is one that GitHub would take."""
    try:
        head, claims, signature = jwt.split(".")
        header: Json = orjson.loads(_decoded(head))
        said: Json = orjson.loads(_decoded(claims))
        proof = _decoded(signature)
    except (ValueError, binascii.Error) as error:
        raise Refused(401, "A JSON web token could not be decoded") from error
    issuer = str(said.get("iss", ""))
    app = next((a for a in world.apps.values() if issuer in {str(a.id), a.client_id}), None)
    if app is None or app.public_key is None:
        raise Refused(404, "Integration not found")
    if header.get("alg") != "RS256":
        raise Refused(401, "A JSON web token could not be decoded")
    try:
        app.public_key.verify(proof, f"{head}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature as error:
        raise Refused(401, "A JSON web token could not be decoded") from error
    issued, expires, clock = said.get("iat"), said.get("exp"), time.time()
    if not isinstance(issued, int) or issued > clock + 5:
        raise Refused(
            401,
            "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was "
            "issued",
        )
    if not isinstance(expires, int) or expires <= clock:
        raise Refused(
            401,
            "'Expiration time' claim ('exp') must be a numeric value representing the future time at which "
            "the assertion expires",
        )
    if expires > clock + LONGEST_JWT:
        raise Refused(401, "'Expiration time' claim ('exp') is too far in the future")
    return app


def mint(world: World, installation: Installation, wanted: Json) -> Token:
    """A new installation token, for all of the installation or the part that `wanted` names."""
    permissions = dict(installation.permissions)
    for name, level in (wanted.get("permissions") or {}).items():
        if LEVELS.get(level, 9) > LEVELS[permissions.get(name, "none")]:
            raise unprocessable("The permissions requested are not granted to this installation.")
    if wanted.get("permissions"):
        permissions = {"metadata": "read", **wanted["permissions"]}
    token = Token(
        value=f"ghs_{installation.app.id}_{_opaque()}",
        installation=installation,
        repositories=_chosen(installation, wanted),
        permissions=permissions,
        expires_at=now() + LIFETIME,
    )
    world.tokens[token.value] = token
    return token


def _opaque() -> str:
    """As long, as dotted and as meaningless as GitHub's stateless tokens."""
    return ".".join(secrets.token_urlsafe(size) for size in (27, 170, 180))


def _chosen(installation: Installation, wanted: Json) -> tuple[Repository, ...] | None:
    names, ids = wanted.get("repositories"), wanted.get("repository_ids")
    if names is None and ids is None:
        return None
    mine = installation.repositories
    chosen = [r for r in mine if r.name in (names or ()) or r.id in (ids or ())]
    if len(chosen) != len(set(names or ())) + len(set(ids or ())):
        raise unprocessable(
            "There is at least one repository that does not exist or is not accessible to the parent "
            "installation."
        )
    return tuple(chosen)


@dataclass(frozen=True, slots=True)
class Needs:
    """What an endpoint asks of its caller: any one of these permissions at this level."""

    level: str
    names: tuple[str, ...]

    def __str__(self) -> str:
        return "; ".join(f"{name}={self.level}" for name in self.names)


def may(token: Token, needs: Needs) -> bool:
    return any(LEVELS[token.permissions.get(n, "none")] >= LEVELS[needs.level] for n in needs.names)


def forbidden() -> Refused:
    return Refused(403, "Resource not accessible by integration")
