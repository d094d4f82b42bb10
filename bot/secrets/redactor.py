"""Text on its way to people, without the secrets in it, however it is cut into chunks."""

from __future__ import annotations

import re

from bot.secrets.forms import FORMS, PRIVATE_KEY, compiled, is_secret
from bot.secrets.known import Known

LONGEST = 16 * 1024  # bytes of one secret; what looks like a longer one is shown from there on
CONTEXT = 32  # bytes that tell whether what follows is a word of its own
_WORD = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-"
_BEGIN = b"-----BEGIN "
_LONGEST_BEGIN = 80  # bytes of the first line of a private key
_LAST_LINE = re.compile(
    rb"(?:-{1,5}|-----E(?:N(?:D[A-Z ]*-{0,5})?)?)\Z"
)  # of a private key, as far as it came
_HEAD = compiled(b"|".join(form.head for form in FORMS if form.kind != PRIVATE_KEY))


class Redactor:
    """One stream. What may be the beginning of a secret waits until it is one, or is none.

    A secret of the run itself becomes `[redacted]`, what only looks like one is told by its kind.
    """

    def __init__(self, known: Known) -> None:
        self._known = known
        self._context = b""
        self._held = b""

    def feed(self, text: str) -> str:
        """What of it, and of what was held back, may be shown now."""
        content = self._held + text.encode("utf-8", "replace")
        found = self._found(content)
        cut = self._cut(content, found)
        if len(content) - cut > LONGEST:
            cut = len(content)
        self._held = content[cut:]
        return self._without(content[:cut], found)

    def end(self) -> str:
        """What was held back and became no secret."""
        content, self._held = self._held, b""
        return self._without(content, self._found(content))

    def _found(self, content: bytes) -> list[tuple[int, int, str]]:
        """(start, end, words for it) of each secret."""
        whole = self._context + content
        offset = len(self._context)
        found = []
        for match in self._known.search.finditer(whole):
            group = match.lastindex or 1
            start, end = match.span(group)
            kind = "" if group == 1 else FORMS[group - 2].kind
            if start >= offset and (not kind or is_secret(kind, match[group])):
                found.append((start - offset, end - offset, kind))
        return found

    def _cut(self, content: bytes, found: list[tuple[int, int, str]]) -> int:
        """Where begins what may still become a secret, or a longer one."""
        candidates = [
            self._beginning(content),
            _head(content),
            _private_key(content),
            *(start for start, end, kind in found[-1:] if kind and _goes_on(kind, content[end:])),
        ]
        cut = min(candidates)
        return min([cut, *(start for start, end, _ in found if start < cut < end)])

    def _beginning(self, content: bytes) -> int:
        """Of a known value or of a form, when its first bytes are the last ones here."""
        for length in range(min(self._known.longest, len(content)), 0, -1):
            if content[-length:] in self._known.beginnings:
                return len(content) - length
        return len(content)

    def _without(self, content: bytes, found: list[tuple[int, int, str]]) -> str:
        shown, at = [], 0
        for start, end, kind in found:
            if end <= len(content):
                shown += [content[at:start], f"[redacted: {kind}]".encode() if kind else b"[redacted]"]
                at = end
        shown.append(content[at:])
        self._context = (self._context + content[-CONTEXT:])[-CONTEXT:]
        return b"".join(shown).decode("utf-8", "replace")


def _goes_on(kind: str, rest: bytes) -> bool:
    """Whether what comes next may belong to it: `rest` is all that has come after it."""
    return not rest or (
        kind == PRIVATE_KEY and len(rest) < _LONGEST_BEGIN and _LAST_LINE.match(rest) is not None
    )


def _head(content: bytes) -> int:
    """Of a form that goes on to the end, and is not yet long enough."""
    window = content[-LONGEST:]
    word = window[len(window.rstrip(_WORD)) :]
    found = _HEAD.search(word) if word else None
    return len(content) - len(word) + found.start() if found else len(content)


def _private_key(content: bytes) -> int:
    """Of the first line of one."""
    at = content.rfind(_BEGIN, max(0, len(content) - _LONGEST_BEGIN))
    return at if at >= 0 and b"\n" not in content[at:] else len(content)
