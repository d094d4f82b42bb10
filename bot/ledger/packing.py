"""Output as it is kept: what is long is compressed, because a log says most things more than once."""

from __future__ import annotations

import zlib
from typing import Any

LONG = 1024  # characters from which on packing pays
_FAST = 1


def pack(text: str) -> dict[str, Any]:
    """The columns `text` and `packed` of a journal's row."""
    if len(text) < LONG:
        return {"text": text, "packed": None}
    return {"text": "", "packed": zlib.compress(text.encode("utf-8", "surrogatepass"), _FAST)}


def unpack(text: str, packed: bytes | None) -> str:
    return text if packed is None else zlib.decompress(packed).decode("utf-8", "surrogatepass")
