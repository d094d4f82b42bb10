"""Texts that reach a shell or a reader's eye: what they may hold and how one line of them is shown."""

from __future__ import annotations

import unicodedata

_ZERO_WIDTH_JOINER = "\u200d"  # part of many emoji, and harmless


def visible(text: str) -> str:
    """The text itself, when a person who reads it sees all of it. Raises ValueError with what is wrong."""
    for character in text:
        if character in "\n\t" or character == _ZERO_WIDTH_JOINER:
            continue
        if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp"):
            raise ValueError(
                f"holds an invisible or control character (U+{ord(character):04X}). "
                "Please type it again by hand."
            )
    return text


def one_line(text: str, *, width: int = 100) -> str:
    """The first line of a text, shortened: for descriptions and titles."""
    lines = text.strip().split("\n")
    first = lines[0].strip()
    cut = first if len(first) <= width else first[: width - 1].rstrip() + "…"
    return cut + " …" if len(lines) > 1 and not cut.endswith("…") else cut
