"""Text as it is compared: small letters without accents, without width, without what cannot be seen.

Line breaks stay, so that a place in the folded text is on the same line of the text. Each character is folded
by itself: to normalise a whole text takes quadratic time when it is a long row of accents.
"""

from __future__ import annotations

import unicodedata

from bot.reports import safe

_LOOK_ALIKES = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0455\u0458\u04cf\u0501\u03bf\u03b1\u03b5\u03b9\u03c1\u03c5\u03bd",
    "aeopcyxisjldoaeipuv",
)
_LONGEST = 4  # of what one character stands for; some stand for a whole sentence


def folded(text: str) -> str:
    if text.isascii():
        return text.lower()
    table = {ord(char): _folded(char) for char in set(text) if not char.isascii()}
    return text.translate(table).casefold()


def latinised(text: str) -> str:
    """Cyrillic and Greek letters that look like Latin ones as those."""
    return text.translate(_LOOK_ALIKES)


def _folded(char: str) -> str:
    if safe.is_invisible(char) or "\u0300" <= char <= "\u036f":
        return ""
    apart = unicodedata.normalize("NFKD", char)
    if apart[:1].isascii():
        return "".join(part for part in apart if not unicodedata.combining(part))
    together = unicodedata.normalize("NFKC", char)
    return together if len(together) <= _LONGEST else char
