"""What was said with a command, taken apart: prose, list items, fenced blocks, in their order."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.errors import PlanError
from bot.reading.lines import Kind, Line, scan

MAX_TEXT_BYTES = 256 * 1024
MAX_SENTENCE = 4_000  # of a sentence or an item around a command; what is longer is not read as one

_ITEM = re.compile(
    r"(?P<indent> {0,3})(?P<mark>[-*+]|(?P<number>[0-9]{1,9})[.)])[ \t]+(?P<text>\S.*)", re.ASCII
)
_TICKED = re.compile(r"\[ \]\s+")


class Part(StrEnum):
    PROSE = "prose"
    ITEM = "item"
    FENCE = "fence"


@dataclass(frozen=True)
class Said:
    """One piece. `info` is a fence's language; `nested` is a list item that stands inside another one."""

    part: Part
    text: str
    info: str = ""
    nested: bool = False


def pieces(words: str, text: str) -> tuple[Said, ...]:
    """The pieces of a command's own line and of what follows it. PlanError when it is too long for a plan."""
    if (
        len(words) + len(text) > MAX_TEXT_BYTES
        or len((words + text).encode(errors="replace")) > MAX_TEXT_BYTES
    ):
        raise PlanError(f"This plan is too long: at most {MAX_TEXT_BYTES // 1024} KiB can be read.")
    first = (Said(Part.PROSE, words.strip()),) if words.strip() else ()
    return (*first, *_of(scan(text)))


def _of(lines: Sequence[Line]) -> Iterator[Said]:
    fence: list[str] | None = None
    info = ""
    indent = 0
    item: Said | None = None  # the item that the next line may continue
    in_list = prose_before = False
    for line in lines:
        if line.kind is Kind.OPENING:
            if item:
                yield item
                item = None
            before, _, after = line.text.partition(line.text.lstrip()[:1])
            listed = _ITEM.match(line.text)
            if listed:  # a fence on the very line of a list item
                before = " " * listed.start("text")
            fence, info, indent = [], line.info, len(before) if after else 0
        elif line.kind is Kind.FENCED and fence is not None:
            fence.append(_outdented(line.text, indent))
        elif line.kind is Kind.CLOSING and fence is not None:
            yield Said(Part.FENCE, "\n".join(fence), info)
            fence = None
        elif line.kind in (Kind.TEXT, Kind.INDENTED):
            text = line.text.expandtabs(4)
            deep = line.kind is Kind.INDENTED
            listed = _ITEM.match(text.lstrip() if deep else text)
            # In Markdown a list may begin under a paragraph only with a bullet or with 1.
            begins = listed and (in_list or not prose_before or listed["number"] in (None, "1"))
            if begins and listed:
                if item:
                    yield item
                nested = deep or (in_list and len(listed["indent"]) >= 2)
                item = Said(Part.ITEM, _TICKED.sub("", listed["text"].strip(), count=1), nested=nested)
                in_list = True
            elif item:
                item = _continued(item, text)
            else:
                prose_before = True
                yield Said(Part.PROSE, text.strip())
        else:
            if item:
                yield item
                item = None
            prose_before = False
            # A list goes on over empty lines; whether it did is seen at the next line.
    if item:
        yield item
    if fence is not None:  # GitHub shows an unclosed fence as a block up to the end
        yield Said(Part.FENCE, "\n".join(fence), info)


def _continued(item: Said, line: str) -> Said:
    """An item with one more line; past what can be read as a sentence it no longer grows."""
    text = f"{item.text} {line.strip()}" if len(item.text) <= MAX_SENTENCE else item.text
    return Said(Part.ITEM, text, nested=item.nested)


def _outdented(line: str, indent: int) -> str:
    """Markdown takes as much indentation off a fenced line as the opening fence had."""
    blanks = len(line) - len(line.lstrip(" "))
    return line[min(blanks, indent) :]
