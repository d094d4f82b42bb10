"""What each line of a Markdown text is: text that people see and say, or code, a quote, something hidden.

One pass, linear in the text. It knows Markdown's blocks; what begins in the midst of a paragraph (a code span
over two lines, say) is judged by `bot/reading/shown.py`. In doubt a line counts as not said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    TEXT = "text"
    BLANK = "blank"
    OPENING = "opening"  # the line that opens a fenced block
    FENCED = "fenced"  # inside a fenced block
    CLOSING = "closing"
    INDENTED = "indented"  # by four columns or more: code, or a list in a list
    QUOTE = "quote"
    HIDDEN = "hidden"  # in an HTML comment or a raw HTML block, which need not be shown at all


@dataclass(frozen=True)
class Line:
    """One line. Of an OPENING `info` is the language in lower case; `text` of it is the whole line."""

    text: str
    kind: Kind
    info: str = ""


_MARKER = re.compile(r" {0,3}(?:[-*+]|[0-9]{1,9}[.)])(?: {1,4}|\t)", re.ASCII)
_OPENING = re.compile(r" {0,3}(?P<fence>`{3,}(?=[^`]*\Z)|~{3,})[ \t]*(?P<info>[^\s{]*)", re.ASCII)
_CLOSING = re.compile(r" *(?P<fence>`{3,}|~{3,})[ \t]*\Z", re.ASCII)
_QUOTE = re.compile(r" {0,3}>")
_RAW = re.compile(
    r" {0,3}<(?:(?P<comment>!--)|(?P<cdata>!\[CDATA\[)|(?P<declaration>![A-Za-z])|(?P<instruction>\?)"
    r"|(?P<tag>pre|script|style|textarea|code|blockquote|template|title|svg|math|iframe)(?=[\s>/]|\Z))",
    re.ASCII | re.IGNORECASE,
)
_ENDS = {"comment": "-->", "cdata": "]]>", "declaration": ">", "instruction": "?>"}
_MAX_MARKERS = 4


def split(text: str) -> list[str]:
    """The lines as Markdown counts them: only CR, LF and CRLF end one."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def scan(text: str) -> list[Line]:
    """Every line of the text with what it is."""
    lines: list[Line] = []
    paragraph: list[str] = []
    fence = raw_end = ""
    quoting = False

    def settle() -> None:
        lines.extend(_paragraph(paragraph))
        paragraph.clear()

    for line in split(text):
        if fence:
            closing = _CLOSING.match(line)
            if closing and closing["fence"].startswith(fence):
                fence = ""
                lines.append(Line(line, Kind.CLOSING))
            else:
                lines.append(Line(line, Kind.FENCED))
            continue
        if raw_end:
            raw_end = "" if raw_end in line.lower() else raw_end
            lines.append(Line("", Kind.HIDDEN))
            continue
        if not line.strip(" \t"):
            settle()
            quoting = False
            lines.append(Line("", Kind.BLANK))
            continue
        inner = _without_markers(line)
        if _QUOTE.match(inner):
            settle()
            quoting = True
            lines.append(Line("", Kind.QUOTE))
            continue
        opening = _OPENING.match(inner)
        if opening:
            settle()
            quoting = False
            fence = opening["fence"]
            lines.append(Line(line, Kind.OPENING, opening["info"].lower()))
            continue
        raw = _RAW.match(inner)
        if raw:
            settle()
            end = f"</{raw['tag'].lower()}" if raw["tag"] else _ENDS[str(raw.lastgroup)]
            raw_end = "" if end in inner.lower()[raw.end() :] else end
            lines.append(Line("", Kind.HIDDEN))
            continue
        if quoting:  # Markdown takes a line right under a quote for more of the quote
            lines.append(Line("", Kind.QUOTE))
            continue
        paragraph.append(line)
    settle()
    return lines


def _without_markers(line: str) -> str:
    for _ in range(_MAX_MARKERS):
        marker = _MARKER.match(line)
        if not marker:
            break
        line = line[marker.end() :]
    return line


def _paragraph(lines: list[str]) -> Iterator[Line]:
    """The lines of one stretch without an empty line; a comment that begins in its midst hides to its end."""
    inside_comment = False
    for line in lines:
        if inside_comment:
            inside_comment = "-->" not in line
            yield Line("", Kind.HIDDEN)
            continue
        inside_comment = line.rfind("<!--") > line.rfind("-->")
        yield Line(line, Kind.INDENTED if _columns(line) >= 4 else Kind.TEXT)


def _columns(line: str) -> int:
    indent = line[: len(line) - len(line.lstrip(" \t"))]
    return len(indent.expandtabs(4))
