"""Chunks of a text, as many as there is room for. Where some are left out, it says that there are more."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.slack.markdown import REST, THE_REST, Chunk, Kind
from handlers.slack.pieces import cut, text_of

_BETWEEN = 2  # characters that may come between two chunks


def within(chunks: Sequence[Chunk], limit: int) -> list[Chunk]:
    if _length(chunks) - _BETWEEN <= limit and all(chunk.kind is not Kind.REST for chunk in chunks):
        return list(chunks)
    room = limit - len(REST) - _BETWEEN
    kept: list[Chunk] = []
    for chunk in chunks:
        if len(chunk.text) > room:
            kept += _begun(chunk, room, at_any_word=not kept)
            break
        if chunk.kind is not Kind.REST:
            kept.append(chunk)
            room -= len(chunk.text) + _BETWEEN
    return [*kept, THE_REST] if limit >= len(REST) else []


def _length(chunks: Sequence[Chunk]) -> int:
    return sum(len(chunk.text) + _BETWEEN for chunk in chunks)


def _begun(chunk: Chunk, room: int, *, at_any_word: bool) -> list[Chunk]:
    """The lines of a chunk for which there is room; of a single long one its first words, if need be."""
    pieces = cut(chunk.pieces, room, border="\n")
    if not pieces and at_any_word:
        pieces = cut(chunk.pieces, room, border=" ")
    return [Chunk(chunk.kind, pieces)] if text_of(pieces).strip() else []
