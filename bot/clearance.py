"""The clearance: the desk's last yes before a container starts, sealed to the one worker that asked.

A worker makes a key pair for each claim and writes the public half into the ledger with the claim. The desk
reads rights again, mints a checkout token and seals its answer to that key: whoever reads or writes Redis
neither learns the token nor can ask for one on his own key. X25519, HKDF-SHA256, ChaCha20-Poly1305, with run
and epoch as associated data.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot.errors import Hiccup, UserError
from bot.ids import RunId, Sha
from bot.ports import Origin

_KEY = 32  # bytes of an X25519 public key
_NONCE = bytes(12)  # each sealing has a fresh key, so the nonce may be constant


@dataclass(frozen=True)
class Cleared:
    """What a yes brings: where the commit is, and the secrets that its steps are given, by name."""

    origin: Origin
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Seal:
    """A worker's key pair for one claim. Only `public` leaves the process."""

    _private: X25519PrivateKey

    @classmethod
    def new(cls) -> Seal:
        return cls(X25519PrivateKey.generate())

    @property
    def public(self) -> bytes:
        return self._private.public_key().public_bytes_raw()

    def open(self, sealed: bytes, run: RunId, epoch: int) -> Cleared:
        """The desk's yes. UserError with its reason when it said no, Hiccup when this is not for us."""
        if len(sealed) <= _KEY:
            raise Hiccup("The desk's answer was cut short.")
        shared = self._private.exchange(X25519PublicKey.from_public_bytes(sealed[:_KEY]))
        try:
            plain = _cipher(shared, sealed[:_KEY], self.public).decrypt(
                _NONCE, sealed[_KEY:], _context(run, epoch)
            )
        except InvalidTag as error:
            raise Hiccup("The desk's answer was sealed for somebody else.") from error
        answer = json.loads(plain)
        if "refused" in answer:
            raise UserError(answer["refused"])
        origin = Origin(url=answer["url"], sha=Sha(answer["sha"]), token=answer["token"])
        return Cleared(origin, answer["secrets"])


def grant(cleared: Cleared, *, to: bytes, run: RunId, epoch: int) -> bytes:
    """The sealed yes."""
    origin = cleared.origin
    answer = {"url": origin.url, "sha": origin.sha, "token": origin.token, "secrets": dict(cleared.secrets)}
    return _seal(answer, to, _context(run, epoch))


def refuse(reason: str, *, to: bytes, run: RunId, epoch: int) -> bytes:
    """The sealed no."""
    return _seal({"refused": reason}, to, _context(run, epoch))


def _seal(answer: Mapping[str, Any], to: bytes, context: bytes) -> bytes:
    once = X25519PrivateKey.generate()
    public = once.public_key().public_bytes_raw()
    shared = once.exchange(X25519PublicKey.from_public_bytes(to))
    return public + _cipher(shared, public, to).encrypt(_NONCE, json.dumps(answer).encode(), context)


def _cipher(shared: bytes, sender: bytes, receiver: bytes) -> ChaCha20Poly1305:
    derived = HKDF(SHA256(), 32, salt=None, info=b"devops-agent clearance" + sender + receiver)
    return ChaCha20Poly1305(derived.derive(shared))


def _context(run: RunId, epoch: int) -> bytes:
    return f"{run}:{epoch}".encode()
