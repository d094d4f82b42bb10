"""Whether a webhook body was signed by GitHub with our secret. Knows nothing of what the body says."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable

Headers = Iterable[tuple[bytes, bytes]]  # as ASGI gives them: names in lower case, in order, with repeats

_NAME = b"x-hub-signature-256"
_SHAPE = re.compile(rb"sha256=([0-9a-fA-F]{64})")


def verify(secret: bytes, body: bytes, headers: Headers) -> str | None:
    """Why this body is not believed, or None when GitHub signed it.

    The older `X-Hub-Signature` (SHA-1) never counts, and two signatures are none: a proxy and this
    code might each believe another one.
    """
    if not secret:
        raise ValueError("an empty webhook secret would believe everybody")
    given = [value for name, value in headers if name == _NAME]
    if not given:
        return "the header X-Hub-Signature-256 is missing"
    if len(given) > 1:
        return "there is more than one X-Hub-Signature-256"
    shape = _SHAPE.fullmatch(given[0])
    if shape is None:
        return "X-Hub-Signature-256 is not sha256= and 64 hexadecimal digits"
    wanted = hmac.digest(secret, body, "sha256").hex().encode()
    if not hmac.compare_digest(shape[1].lower(), wanted):
        return "the signature does not fit the body"
    return None


def sign(secret: bytes, body: bytes) -> str:
    """The header value that GitHub would send: for doctors, benchmarks and tests."""
    return "sha256=" + hmac.digest(secret, body, "sha256").hex()
