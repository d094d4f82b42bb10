"""Whether a line in the midst of a paragraph is shown as ordinary text, and not inside a code span, an HTML
tag, an image's description or a link's title that began before it. A real Markdown parser decides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

# A parser takes quadratic time on hostile text, so it gets only so much; what is longer counts as hidden.
MAX_PARAGRAPH = 4_000
_SPECIAL = frozenset("`<[")
_MARK = "\ue000"  # a private character, put in front of the line in question and looked for afterwards

_MARKDOWN = MarkdownIt("commonmark")


def shown(paragraph: Sequence[str], index: int) -> bool:
    """Whether line `index` of the paragraph begins as ordinary text."""
    before = "\n".join(paragraph[:index])
    if _SPECIAL.isdisjoint(before):
        return True
    lines = [line.replace(_MARK, " ") for line in paragraph]
    lines[index] = _MARK + lines[index].lstrip(" ")
    text = "\n".join(lines)
    return len(text) <= MAX_PARAGRAPH and any(_begins_with_mark(token) for token in _inline(text))


def _inline(text: str) -> Iterator[Token]:
    return (token for token in _MARKDOWN.parse(text) if token.type == "inline")


def _begins_with_mark(paragraph: Token) -> bool:
    children = paragraph.children or []
    return any(
        child.type == "text"
        and child.content.startswith(_MARK)
        and (place == 0 or children[place - 1].type in ("softbreak", "hardbreak"))
        for place, child in enumerate(children)
    )
