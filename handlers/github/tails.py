"""The end of an answer of any length: read piece by piece, and never kept as a whole."""

from __future__ import annotations

import time

import httpx

from bot.errors import Hiccup

PIECE = 64 * 1024


def last_bytes(answer: httpx.Response, most: int, until: float) -> bytes:
    """Hiccup when it has not ended by `until`, on the monotonic clock: what came is not its end."""
    kept = bytearray()
    try:
        for piece in answer.iter_bytes(PIECE):
            kept += piece
            del kept[:-most]
            if time.monotonic() > until:
                raise Hiccup("The log is too long to be read in time.")
    except httpx.HTTPError as error:
        raise Hiccup("The log cannot be read to its end.") from error
    return bytes(kept)
