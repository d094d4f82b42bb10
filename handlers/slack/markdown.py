"""Markdown of ours, read: chunks in an order, each a paragraph, an item of a list, code, or a quote.

Quotes, items and cells are flattened to one level: Slack knows no more.
"""

from __future__ import annotations

import functools
import html
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

from bot.reports import safe
from handlers.slack.pieces import Piece, joined, merged, text_of, with_style
from handlers.slack.texts import web_address

REST = "The rest is too long for Slack."
MOST_READ = 20_000  # characters: a parser takes quadratic time on hostile text, and no message shows more
WIDEST = 40  # characters to which a column is filled up

_MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
_STYLES = {"strong": "bold", "em": "italic", "s": "strike"}
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<[!?][^<>]*>")


class Kind(Enum):
    PARAGRAPH = "paragraph"
    BULLET = "bullet"
    NUMBER = "ordered"
    CODE = "code"
    QUOTE = "quote"
    REST = "rest"


@dataclass(frozen=True)
class Chunk:
    """What is cut off as a whole, if it can be: a paragraph, an item, a table."""

    kind: Kind
    pieces: tuple[Piece, ...]

    @property
    def text(self) -> str:
        return text_of(self.pieces)


THE_REST = Chunk(Kind.REST, (Piece(REST),))  # for what is left out


@functools.lru_cache(maxsize=32)  # a message that is too long is tried in several sizes
def read(markdown: str) -> tuple[Chunk, ...]:
    tree = SyntaxTreeNode(_MARKDOWN.parse(markdown[:MOST_READ]))
    chunks = tuple(chunk for chunk in _chunks(tree) if chunk.text.strip())
    return chunks if len(markdown) <= MOST_READ else (*chunks, THE_REST)


def _chunks(node: SyntaxTreeNode) -> Iterator[Chunk]:
    for child in node.children:
        match child.type:
            case "bullet_list" | "ordered_list":
                yield from _items(child)
            case "fence" | "code_block":
                if child.info.strip() != "mermaid":  # a drawing, which Slack does not draw
                    yield Chunk(Kind.CODE, (Piece(safe.reveal(child.content.rstrip("\n"))),))
            case "table":
                yield Chunk(Kind.CODE, (Piece(_table(child)),))
            case "html_block":
                bare = _TAG.sub("", _COMMENT.sub("", child.content)).strip()
                yield Chunk(Kind.PARAGRAPH, (Piece(safe.reveal(html.unescape(bare))),))
            case "blockquote":
                yield Chunk(Kind.QUOTE, _flat(child))
            case "heading":
                yield Chunk(Kind.PARAGRAPH, tuple(with_style(piece, "bold") for piece in _inline(child)))
            case _:
                yield Chunk(Kind.PARAGRAPH, _inline(child))


def _items(node: SyntaxTreeNode) -> Iterator[Chunk]:
    start = int(node.attrs.get("start", 1))
    for number, item in enumerate(node.children, start):
        if node.type == "bullet_list":
            yield Chunk(Kind.BULLET, _flat(item))
        elif start == 1:
            yield Chunk(Kind.NUMBER, _flat(item))
        else:  # Slack's lists begin with 1
            yield Chunk(Kind.PARAGRAPH, (Piece(f"{number}. "), *_flat(item)))


def _flat(node: SyntaxTreeNode) -> tuple[Piece, ...]:
    """All that is in an item or a quote, a line each."""
    return joined([_as_line(chunk) for chunk in _chunks(node) if chunk.text.strip()])


def _as_line(chunk: Chunk) -> tuple[Piece, ...]:
    if chunk.kind in (Kind.BULLET, Kind.NUMBER):
        return (Piece("– "), *chunk.pieces)
    if chunk.kind is Kind.CODE:
        return tuple(with_style(piece, "code") for piece in chunk.pieces)
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
    return text_of(_inline(node))


def _inline(node: SyntaxTreeNode) -> tuple[Piece, ...]:
    """The words right below a paragraph, a heading or a cell."""
    tokens = [child.token for child in node.children if child.type == "inline" and child.token]
    return tuple(merged(piece for token in tokens for piece in _pieces(token.children or [])))


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
