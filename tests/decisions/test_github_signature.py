"""Which signatures on a webhook count."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from handlers.github.signature import sign, verify

SECRET = b"It's a Secret to Everybody"
BODY = b"Hello, World!"
HEX = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
SHA1 = "sha1=" + hmac.new(SECRET, BODY, hashlib.sha1).hexdigest()
NAME = b"x-hub-signature-256"


def test_githubs_published_vector_is_believed() -> None:
    """The secret, body and signature that GitHub's documentation prints fit each other."""
    assert verify(SECRET, BODY, [(NAME, f"sha256={HEX}".encode())]) is None
    assert sign(SECRET, BODY) == f"sha256={HEX}"


def test_the_digits_may_be_upper_case() -> None:
    """Hexadecimal digits count in both cases."""
    assert verify(SECRET, BODY, [(NAME, f"sha256={HEX.upper()}".encode())]) is None


@pytest.mark.parametrize(
    "value",
    [
        "",
        "sha256=",
        "sha256=00",
        f"SHA256={HEX}",
        f"sha256={HEX}00",
        f"sha256={HEX}\n",
        f" sha256={HEX}",
        SHA1,
        HEX,
        f"sha256={HEX[:-1]}g",
        f"sha256={HEX[:-1]}\u0661",
        "sha256=" + "0" * 64,
    ],
)
def test_any_other_shape_is_refused_with_a_reason(value: str) -> None:
    """Only sha256= and exactly 64 ASCII hexadecimal digits that fit the body are believed."""
    assert verify(SECRET, BODY, [(NAME, value.encode())])


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(b"x-hub-signature", SHA1.encode())],
        [(NAME, f"sha256={HEX}".encode()), (NAME, b"sha256=00")],
        [(NAME, f"sha256={HEX}".encode()), (NAME, f"sha256={HEX}".encode())],
    ],
    ids=["none", "sha1 only", "two that differ", "two alike"],
)
def test_exactly_one_header_counts(headers: list[tuple[bytes, bytes]]) -> None:
    """No signature, only the legacy one, or more than one: the body is not believed."""
    assert verify(SECRET, BODY, headers)


@pytest.mark.parametrize(("secret", "body"), [(b"another", BODY), (SECRET, BODY + b" ")])
def test_another_secret_or_body_is_refused(secret: bytes, body: bytes) -> None:
    """One changed byte of the body or the secret and the signature does not fit."""
    assert verify(secret, body, [(NAME, f"sha256={HEX}".encode())]) == "the signature does not fit the body"


def test_an_empty_secret_believes_nobody() -> None:
    """Without a secret there is nothing to compare with, and that is a mistake in the set-up."""
    with pytest.raises(ValueError, match="believe everybody"):
        verify(b"", BODY, [(NAME, sign(b"x", BODY).encode())])
