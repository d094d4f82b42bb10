"""Secrets whose values we know, in every shape in which a program may print them."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

from bot.secrets.forms import FORMS, HEADS, compiled, pattern

LEAST = 8  # characters: what is shorter is in other words too
_LOST_AT_FRONT = (0, 2, 3)  # characters of base64 that also hold bits of what stands before, by its length
_LOST_AT_END = (0, 3, 2)  # and of what stands behind, with the padding, by the length of what is encoded


class Known:
    """Values that must not be shown, beside everything that only looks like a secret.

    `search` finds both: its first group is a known value, the others are those of `FORMS`. `beginnings` are
    all first bytes of one, of at most `longest`. Its own text never shows a value.
    """

    def __init__(self, values: Iterable[str] = ()) -> None:
        shapes = {shape for value in values for line in _lines(value) for shape in _shapes(line)}
        longest_first = sorted(shapes, key=len, reverse=True)  # a shorter one may be how a longer one begins
        literal = b"|".join(map(_quoted, longest_first)) if shapes else rb"[^\x00-\xff]"  # that is nothing
        self.search = compiled(b"|".join([b"(%s)" % literal, *map(pattern, FORMS)]))
        self.beginnings = frozenset(each[:n] for each in (*shapes, *HEADS) for n in range(1, len(each)))
        self.longest = max(map(len, self.beginnings))
        self._count = len(shapes)

    def line_in(self, content: bytes) -> int | None:
        """The number of the first line, from 1, with one of the values; None when there is none.

        What only looks like a secret does not count.
        """
        for found in self.search.finditer(content):
            if found.span(1)[0] >= 0:
                return content.count(b"\n", 0, int(found.span(1)[0])) + 1
        return None

    def __repr__(self) -> str:
        return f"Known({self._count} shapes)"


def _lines(value: str) -> Iterator[str]:
    """A key of several lines is indented, quoted, or printed line by line."""
    return (line.strip() for line in value.splitlines() if len(line.strip()) >= LEAST)


def _shapes(value: str) -> Iterator[bytes]:
    raw = value.encode()
    yield raw
    yield json.dumps(value)[1:-1].encode()
    yield json.dumps(value, ensure_ascii=False)[1:-1].encode()
    yield quote(value, safe="").encode()
    yield quote_plus(value).encode()
    yield raw.hex().encode()
    yield raw.hex().upper().encode()
    for before in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            encoded = encode(b"\0" * before + raw)
            yield encoded[_LOST_AT_FRONT[before] : len(encoded) - _LOST_AT_END[(before + len(raw)) % 3]]


def _quoted(literal: bytes) -> bytes:
    return b"".join(b"\\x%02x" % byte for byte in literal)
