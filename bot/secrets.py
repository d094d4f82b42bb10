"""What secrets look like: the forms that are searched for in changes and in words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

FORMS = {
    "a GitHub token": rb"(?<![A-Za-z0-9])(?:gh[pousr]_[A-Za-z0-9_.\-]{20}|github_pat_[A-Za-z0-9_]{20})",
    "an AWS access key": rb"(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])",
    "a Slack token": rb"(?<![A-Za-z0-9])(?:xox[abeoprs]-|xapp-)[A-Za-z0-9\-]{10}",
    "a model provider's key": rb"(?<![A-Za-z0-9_\-])sk-(?=[A-Za-z_\-]{0,60}[0-9])[A-Za-z0-9_\-]{20}",
    "a private key": rb"-----BEGIN [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----",
    "a signed token": rb"(?<![\w\-])eyJ[\w\-]{8,4096}\.eyJ[\w\-]{8,8192}\.[\w\-]{8}",
}
_SECRET = re.compile(b"|".join(b"(%s)" % form for form in FORMS.values()))
_KINDS = tuple(FORMS)
_EXAMPLE = b"EXAMPLE"  # AWS's own documentation writes AKIAIOSFODNN7EXAMPLE


@dataclass(frozen=True)
class Secret:
    """Where one begins, and of which kind it is; never what it is."""

    kind: str
    at: int


def find(content: bytes) -> Iterator[Secret]:
    """Each one, in order; examples from documentation are none."""
    for found in _SECRET.finditer(content):
        if not found[0].endswith(_EXAMPLE):
            yield Secret(_KINDS[(found.lastindex or 1) - 1], found.start())
