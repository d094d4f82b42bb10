"""Words in one style, and lines of them: joined, merged, and cut where they are too long."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby


@dataclass(frozen=True)
class Piece:
    """Some words in one style: any of bold, italic, strike, code."""

    text: str
    style: frozenset[str] = frozenset()
    url: str = ""


BOLD, CODE = frozenset({"bold"}), frozenset({"code"})


def text_of(pieces: Iterable[Piece]) -> str:
    return "".join(piece.text for piece in pieces)


def with_style(piece: Piece, style: str) -> Piece:
    return replace(piece, style=piece.style | {style})


def joined(lines: Sequence[tuple[Piece, ...]], by: str = "\n") -> tuple[Piece, ...]:
    return tuple(
        piece for number, line in enumerate(lines) for piece in ((Piece(by), *line) if number else line)
    )


def merged(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Without empty ones, and neighbours in the same style as one."""
    for (style, url), alike in groupby(pieces, key=lambda piece: (piece.style, piece.url)):
        if text := text_of(alike):
            yield Piece(text, style, url)


def cut(pieces: tuple[Piece, ...], room: int, *, border: str) -> tuple[Piece, ...]:
    """Up to the last border in the first `room` characters, with `…` where it is none of a line."""
    text = text_of(pieces)
    if len(text) <= room:
        return pieces
    if room <= 1:
        return ()
    if border == "\n":
        return tuple(_first(pieces, max(0, text.rfind("\n", 0, room + 1))))
    blank = text.rfind(border, 0, room)
    return (*_first(pieces, blank if blank > room // 2 else room - 1), Piece("…"))


def _first(pieces: Sequence[Piece], room: int) -> Iterator[Piece]:
    for piece in pieces:
        if room <= 0:
            return
        yield replace(piece, text=piece.text[:room])
        room -= len(piece.text)
