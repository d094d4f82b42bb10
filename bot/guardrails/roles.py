"""`roles`: the marks by which a conversation with a model is told apart, where only a person should speak."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.guardrails.model import Hit, Passage, lines_in
from bot.reports import safe

_MARK = re.compile(
    r"</?\s{0,3}(?:system|assistant|developer)(?:[-_](?:prompt|message|reminder|instructions?))?\s{0,3}>"
    r"|<\|[a-z_]{1,30}\|>"  # <|im_start|>, <|endoftext|>
    r"|<</?SYS>>|\[/?(?-i:INST)\]"
    r"|<(?:start|end)_of_turn>"
    r"|\n\n(?:Human|User): [^\n]{0,400}\n\n?Assistant:",
    re.IGNORECASE,
)


def look(passage: Passage) -> Iterator[Hit]:
    line_of = lines_in(passage.text)
    for found in _MARK.finditer(passage.text):
        at = found.end() - len(found[0].lstrip("\n"))
        yield Hit(
            line_of(at),
            f"It holds “{safe.one_line(found[0], limit=24)}”, by which a model is told who speaks.",
        )
