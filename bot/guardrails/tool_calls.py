"""`tool_calls`: what looks like a model's call of a tool, or like the answer that a tool gave."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.guardrails.model import Hit, Passage, lines_in
from bot.reports import safe

_MARK = re.compile(
    r"</?(?:antml:)?(?:function_calls?|function_results?|tool_calls?|tool_use|tool_results?|tool_response|tool_output)"
    r"(?:\s[^<>\n]{0,200})?>"
    r"|<(?:antml:)?invoke\s{1,3}name\s{0,3}=\s{0,3}[\"'][^\"'\n]{1,80}[\"']"
    r"|<\uff5ctool[^\n]{0,40}\uff5c>"
    r"|\[TOOL_CALLS\]|\[TOOL_RESULTS\]"
    r"|\"(?:tool_calls|function_call)\"\s{0,8}:\s{0,8}[\[{]",
    re.IGNORECASE,
)


def look(passage: Passage) -> Iterator[Hit]:
    line_of = lines_in(passage.text)
    for found in _MARK.finditer(passage.text):
        yield Hit(
            line_of(found.start()),
            f"It holds “{safe.one_line(found[0], limit=24)}”, which looks like a model's call of a tool.",
        )
