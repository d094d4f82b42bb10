"""`links`: hosts that are neither the forge's nor allowed, also in code, since one copies what one reads."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.guardrails.model import Hit, Passage, lines_in
from bot.reports import safe

# What a browser takes for an address: any slashes behind the colon, a backslash for a slash, and everything
# before an @ for a name. Without `https:` only where Markdown or HTML make a link of it.
_LINK = re.compile(
    r"(?:(?:https?|wss?|ftps?):[/\\]{1,8}|(?:\]\(|\]: ?|(?:href|src)=)[\"'<]?[/\\]{2}|(?<![\w.@/-])(?=www\.))"
    r"(?P<authority>[^\s/\\?#<>\"'`()\[\]{}|,]{1,300})",
    re.IGNORECASE,
)
_PUNCTUATION = ".,;:!*_~"
_PORT = re.compile(r":\d{0,5}\Z")
_NOWHERE = re.compile(
    r"localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|0\.0\.0\.0"
    r"|(?:.{0,200}\.)?(?:example\.(?:com|org|net)|example|test|invalid|localhost)"
)


def look(passage: Passage) -> Iterator[Hit]:
    line_of = lines_in(passage.text)
    seen: set[str] = set()
    for found in _LINK.finditer(passage.text):
        host = _PORT.sub("", found["authority"].rsplit("@", 1)[-1].rstrip(_PUNCTUATION)).rstrip(".").lower()
        if host in seen or _is_allowed(host, passage.hosts) or _NOWHERE.fullmatch(host):
            continue
        seen.add(host)
        yield Hit(
            line_of(found.start()),
            f"It leads to {safe.one_line(host, limit=100)}, which is not among the hosts that are allowed.",
        )


def _is_allowed(host: str, hosts: frozenset[str]) -> bool:
    """The host itself, or one below it."""
    parts = host.split(".")
    return any(".".join(parts[first:]) in hosts for first in range(len(parts)))
