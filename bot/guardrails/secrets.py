"""`secrets`: what looks like a token or a private key. The kind is told, the value never is."""

from __future__ import annotations

from collections.abc import Iterator

from bot import secrets
from bot.guardrails.model import Hit, Passage


def look(passage: Passage) -> Iterator[Hit]:
    content = passage.text.encode("utf-8", "replace")
    line, before = 1, 0
    for secret in secrets.find(content):
        line += content.count(b"\n", before, secret.at)
        before = secret.at
        yield Hit(line, f"It holds what looks like {secret.kind}. If it is real, revoke it.")
