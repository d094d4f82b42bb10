"""What secrets look like when nobody knows their values: the forms that are searched for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import re2

PRIVATE_KEY = "a private key"


@dataclass(frozen=True)
class Form:
    """One kind. `head` is what each begins with, `least` what makes it one; both end where `of` goes on.

    `not_after` are the characters behind which it is only a part of a longer word.
    """

    kind: str
    head: bytes
    least: bytes
    of: bytes
    not_after: bytes = rb"A-Za-z0-9"


FORMS = (
    Form("a GitHub token", rb"gh[pousr]_", rb"[A-Za-z0-9_.\-]{20}", rb"[A-Za-z0-9_.\-]*"),
    Form("a GitHub token", rb"github_pat_", rb"[A-Za-z0-9_]{20}", rb"[A-Za-z0-9_]*"),
    Form("a token of our API", rb"dva_", rb"[A-Za-z0-9]{36}", rb"[A-Za-z0-9]*"),
    Form("an AWS access key", rb"(?:AKIA|ASIA)", rb"[A-Z0-9]{16}", rb"[A-Za-z0-9]*"),
    Form("a Slack token", rb"(?:xox[abeoprs]-|xapp-)", rb"[A-Za-z0-9\-]{10}", rb"[A-Za-z0-9\-]*"),
    Form("a model provider's key", rb"sk-", rb"[A-Za-z0-9_\-]{20}", rb"[A-Za-z0-9_\-]*", rb"A-Za-z0-9_\-"),
    Form(
        PRIVATE_KEY,
        rb"-----BEGIN ",
        rb"[A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----",
        # Until its end, or until what no key holds; the backslash is that of "\n" in JSON.
        rb"(?:[A-Za-z0-9+/=\s\\:,.]|-[A-Za-z0-9])*(?:-----END [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----)?",
        rb"",
    ),
    Form(
        "a signed token",
        rb"eyJ",
        rb"[\w\-]{8,1000}[\w\-]*\.eyJ[\w\-]{8,1000}[\w\-]*\.[\w\-]{8}",
        rb"[\w\-]*",
        rb"A-Za-z0-9_\-",
    ),
)

# The same beginnings, written out: output that ends in the middle of one waits for what comes.
HEADS = (
    *(b"gh%c_" % letter for letter in b"pousr"),
    *(b"xox%c-" % letter for letter in b"abeoprs"),
    *(b"github_pat_", b"dva_", b"AKIA", b"ASIA", b"xapp-", b"sk-", b"eyJ", b"-----BEGIN "),
)

_COLOUR = rb"\x1b\[[0-9;]*m"  # ends in a letter, and is no part of the word behind it
_AWS_LENGTH = 20
_DIGIT_WITHIN = 63  # a model provider's key has one early; words with hyphens have none


def pattern(form: Form) -> bytes:
    """What finds it, for re2: its only group is the secret, whole."""
    before = rb"(?:^|[^%s]|%s)" % (form.not_after, _COLOUR) if form.not_after else b""
    return rb"%s(%s%s%s)" % (before, form.head, form.least, form.of)


def compiled(expression: bytes) -> Any:  # it brings no types
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1  # bytes are bytes, whatever they were meant to be
    options.log_errors = False
    return re2.compile(expression, options)


def is_secret(kind: str, value: bytes) -> bool:
    """What no regular expression of re2 can say."""
    match kind:
        case "an AWS access key":  # AWS's own documentation writes AKIAIOSFODNN7EXAMPLE
            return len(value) == _AWS_LENGTH and not value.endswith(b"EXAMPLE")
        case "a model provider's key":
            return re.search(rb"[0-9]", value[:_DIGIT_WITHIN]) is not None
        case _:
            return True


@dataclass(frozen=True)
class Secret:
    """Where one begins and ends, and of which kind it is; never what it is."""

    kind: str
    at: int
    end: int


_FORMS = compiled(b"|".join(map(pattern, FORMS)))


def find(content: bytes) -> Iterator[Secret]:
    """Each one, in order; examples from documentation are none."""
    for found in _FORMS.finditer(content):
        group = found.lastindex or 1
        kind = FORMS[group - 1].kind
        if is_secret(kind, found[group]):
            yield Secret(kind, found.start(group), found.end(group))
