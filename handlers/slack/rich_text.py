"""Markdown of ours as Slack's rich text. Nobody can be called by it, and only web addresses are links.

Quotes, items and cells are flattened to one level: Slack knows no more.
"""

from __future__ import annotations

import functools
import html
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from itertools import groupby
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

from bot.reports import safe
from handlers.slack.limits import TEXT, URL

Json = dict[str, Any]

REST = "The rest is on the run's page."
MOST_READ = 20_000  # characters: a parser takes quadratic time on hostile text, and no message shows more
WIDEST = 40  # characters to which a column is filled up

_MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
_STYLES = {"strong": "bold", "em": "italic", "s": "strike"}
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<[!?][^<>]*>")
_WEB = re.compile(r"https?://[!-~]+", re.IGNORECASE)
_ENCODED = {ord(sign): f"%{ord(sign):02X}" for sign in "|<>\"'`"}


def rich_text(markdown: str, *, limit: int) -> list[Json]:
    """The elements of a `rich_text` block, with at most `limit` characters of text; none of an empty text."""
    return _elements(_within(_read(markdown), limit))


def small(markdown: str, *, limit: int) -> Json | None:
    """A text object for a `context` block: plain, or with links and nothing else that Slack obeys."""
    pieces = _cut(_joined([each.pieces for each in _read(markdown)]), min(limit, TEXT), border=" ")
    text = "".join(piece.text for piece in pieces).strip()
    if not text:
        return None
    linked = "".join(map(_mrkdwn, pieces)).strip()
    if len(linked) <= TEXT and any(piece.url for piece in pieces):
        return {"type": "mrkdwn", "text": linked, "verbatim": True}
    return {"type": "plain_text", "text": text, "emoji": False}


def escaped(text: str) -> str:
    """Text for a field in which Slack reads marks: no mention, no link and no fence is left in it."""
    return html.escape(safe.reveal(text), quote=False).replace("```", "'''")


def preformatted(text: str) -> Json:
    return {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": safe.reveal(text)}]}


def section(*pieces: Piece) -> Json:
    return {"type": "rich_text_section", "elements": [_element(piece) for piece in _merged(pieces)]}


def web_address(url: object) -> str:
    """The address as a link may have it; "" for what is no link of the web, or too long."""
    found = _WEB.fullmatch(url) if isinstance(url, str) else None
    address = found[0].translate(_ENCODED) if found else ""
    return address if len(address) <= URL else ""


# --- what Markdown says --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Piece:
    """Some words in one style: any of bold, italic, strike, code."""

    text: str
    style: frozenset[str] = frozenset()
    url: str = ""


class _Kind(Enum):
    PARAGRAPH = "paragraph"
    BULLET = "bullet"
    NUMBER = "ordered"
    CODE = "code"
    QUOTE = "quote"
    REST = "rest"


@dataclass(frozen=True)
class _Chunk:
    """What is cut off as a whole, if it can be: a paragraph, an item, a table."""

    kind: _Kind
    pieces: tuple[Piece, ...]

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces)


@functools.lru_cache(maxsize=32)  # a message that is too long is tried in several sizes
def _read(markdown: str) -> tuple[_Chunk, ...]:
    tree = SyntaxTreeNode(_MARKDOWN.parse(markdown[:MOST_READ]))
    chunks = tuple(chunk for chunk in _chunks(tree) if chunk.text.strip())
    return chunks if len(markdown) <= MOST_READ else (*chunks, _Chunk(_Kind.REST, (Piece(REST),)))


def _chunks(node: SyntaxTreeNode) -> Iterator[_Chunk]:
    for child in node.children:
        match child.type:
            case "bullet_list" | "ordered_list":
                yield from _items(child)
            case "fence" | "code_block":
                if child.info.strip() != "mermaid":  # a drawing, which Slack does not draw
                    yield _Chunk(_Kind.CODE, (Piece(safe.reveal(child.content.rstrip("\n"))),))
            case "table":
                yield _Chunk(_Kind.CODE, (Piece(_table(child)),))
            case "html_block":
                bare = _TAG.sub("", _COMMENT.sub("", child.content)).strip()
                yield _Chunk(_Kind.PARAGRAPH, (Piece(safe.reveal(html.unescape(bare))),))
            case "blockquote":
                yield _Chunk(_Kind.QUOTE, _flat(child))
            case "heading":
                yield _Chunk(_Kind.PARAGRAPH, tuple(_with(piece, "bold") for piece in _inline(child)))
            case _:
                yield _Chunk(_Kind.PARAGRAPH, _inline(child))


def _items(node: SyntaxTreeNode) -> Iterator[_Chunk]:
    start = int(node.attrs.get("start", 1))
    for number, item in enumerate(node.children, start):
        if node.type == "bullet_list":
            yield _Chunk(_Kind.BULLET, _flat(item))
        elif start == 1:
            yield _Chunk(_Kind.NUMBER, _flat(item))
        else:  # Slack's lists begin with 1
            yield _Chunk(_Kind.PARAGRAPH, (Piece(f"{number}. "), *_flat(item)))


def _flat(node: SyntaxTreeNode) -> tuple[Piece, ...]:
    """All that is in an item or a quote, a line each."""
    return _joined([_as_line(chunk) for chunk in _chunks(node) if chunk.text.strip()])


def _as_line(chunk: _Chunk) -> tuple[Piece, ...]:
    if chunk.kind in (_Kind.BULLET, _Kind.NUMBER):
        return (Piece("– "), *chunk.pieces)
    if chunk.kind is _Kind.CODE:
        return tuple(_with(piece, "code") for piece in chunk.pieces)
    return chunk.pieces


def _table(node: SyntaxTreeNode) -> str:
    lines = [line for part in node.children for line in part.children]
    rows = [[safe.reveal(_words(cell)).replace("\n", " ") for cell in line.children] for line in lines]
    widths = [min(WIDEST, max(map(len, column))) for column in zip(*rows, strict=True)]
    pads: list[Callable[[str, int], str]] = [
        str.rjust if "right" in str(cell.attrs.get("style", "")) else str.ljust for cell in lines[0].children
    ]
    rows.insert(1, ["-" * width for width in widths])
    return "\n".join(
        "  ".join(pad(cell, width) for pad, cell, width in zip(pads, row, widths, strict=True)).rstrip()
        for row in rows
    )


def _words(node: SyntaxTreeNode) -> str:
    return "".join(piece.text for piece in _inline(node))


def _inline(node: SyntaxTreeNode) -> tuple[Piece, ...]:
    """The words right below a paragraph, a heading or a cell."""
    tokens = [child.token for child in node.children if child.type == "inline" and child.token]
    return tuple(_merged(piece for token in tokens for piece in _pieces(token.children or [])))


def _pieces(tokens: Sequence[Token]) -> Iterator[Piece]:
    on: list[str] = []
    url = ""
    for token in tokens:
        name, _, edge = token.type.rpartition("_")
        if name in _STYLES:
            _turn(on, _STYLES[name], edge == "open")
        elif name == "link":
            url = web_address(token.attrGet("href")) if edge == "open" else ""
        elif token.type == "html_inline":
            tag = token.content.lower()
            if tag in ("<code>", "</code>"):
                _turn(on, "code", tag == "<code>")
            elif tag.startswith("<br"):
                yield Piece("\n")
        elif token.type in ("softbreak", "hardbreak"):
            yield Piece("\n", frozenset(on), url)
        else:
            style = {*on, "code"} if token.type == "code_inline" else on
            yield Piece(safe.reveal(token.content), frozenset(style), url)


def _turn(on: list[str], style: str, begins: bool) -> None:
    if begins:
        on.append(style)
    elif style in on:
        on.remove(style)


def _with(piece: Piece, style: str) -> Piece:
    return replace(piece, style=piece.style | {style})


def _joined(lines: Sequence[tuple[Piece, ...]], by: str = "\n") -> tuple[Piece, ...]:
    return tuple(
        piece for number, line in enumerate(lines) for piece in ((Piece(by), *line) if number else line)
    )


def _merged(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Without empty ones, and neighbours in the same style as one."""
    for (style, url), alike in groupby(pieces, key=lambda piece: (piece.style, piece.url)):
        if text := "".join(piece.text for piece in alike):
            yield Piece(text, style, url)


# --- cutting -------------------------------------------------------------------------------------------

_BETWEEN = 2  # characters that may come between two chunks


def _within(chunks: Sequence[_Chunk], limit: int) -> list[_Chunk]:
    if _length(chunks) - _BETWEEN <= limit and all(chunk.kind is not _Kind.REST for chunk in chunks):
        return list(chunks)
    room = limit - len(REST) - _BETWEEN
    kept: list[_Chunk] = []
    for chunk in chunks:
        if len(chunk.text) > room:
            kept += _begun(chunk, room, at_any_word=not kept)
            break
        if chunk.kind is not _Kind.REST:
            kept.append(chunk)
            room -= len(chunk.text) + _BETWEEN
    return [*kept, _Chunk(_Kind.REST, (Piece(REST),))] if limit >= len(REST) else []


def _length(chunks: Sequence[_Chunk]) -> int:
    return sum(len(chunk.text) + _BETWEEN for chunk in chunks)


def _begun(chunk: _Chunk, room: int, *, at_any_word: bool) -> list[_Chunk]:
    """The lines of a chunk for which there is room; of a single long one its first words, if need be."""
    pieces = _cut(chunk.pieces, room, border="\n")
    if not pieces and at_any_word:
        pieces = _cut(chunk.pieces, room, border=" ")
    return [_Chunk(chunk.kind, pieces)] if "".join(piece.text for piece in pieces).strip() else []


def _cut(pieces: tuple[Piece, ...], room: int, *, border: str) -> tuple[Piece, ...]:
    """Up to the last border in the first `room` characters, with `…` where it is none of a line."""
    text = "".join(piece.text for piece in pieces)
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


# --- as Slack's elements -------------------------------------------------------------------------------


def _elements(chunks: Sequence[_Chunk]) -> list[Json]:
    made: list[Json] = []
    for kind, group in groupby(chunks, key=lambda chunk: chunk.kind):
        lines = [chunk.pieces for chunk in group]
        match kind:
            case _Kind.BULLET | _Kind.NUMBER:
                items = [section(*line) for line in lines]
                made.append({"type": "rich_text_list", "style": kind.value, "elements": items})
            case _Kind.CODE:
                made += [preformatted("".join(piece.text for piece in line)) for line in lines]
            case _Kind.QUOTE:
                made += [{**section(*line), "type": "rich_text_quote"} for line in lines]
            case _Kind.PARAGRAPH:
                after_list = bool(made) and made[-1]["type"] == "rich_text_list"
                gap = (Piece("\n"),) if after_list else ()
                made.append(section(*gap, *_joined(lines, by="\n\n")))
            case _Kind.REST:
                made.append(section(Piece(REST)))
    return made


def _element(piece: Piece) -> Json:
    style = {"style": dict.fromkeys(sorted(piece.style), True)} if piece.style else {}
    if piece.url:
        return {"type": "link", "url": piece.url, "text": piece.text, **style}
    return {"type": "text", "text": piece.text, **style}


def _mrkdwn(piece: Piece) -> str:
    text = escaped(piece.text).replace("`", "'")
    if piece.url:
        label = " ".join(text.split()) or html.escape(piece.url, quote=False)
        return f"<{html.escape(piece.url, quote=False)}|{label}>"
    return f"`{text}`" if "code" in piece.style and text.strip() and "\n" not in text else text
