"""`hidden_comments`: orders where GitHub shows nothing, in HTML comments and in link definitions.

Templates speak there to people ("Please describe your change"), and tools to themselves; both stay silent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.guardrails import orders
from bot.guardrails.folding import folded
from bot.guardrails.model import Hit, Passage, lines_in

_LINK = re.compile(
    r"^\[[^\]\n]{1,40}\]:[ \t]{0,4}(?:#|<[^>\n]{0,40}>)[ \t]{1,4}[(\"'][^\n]{12,}", re.MULTILINE
)
_AGENT = re.compile(
    r"(?<![\w-])(?:ai|llms?|agents?|assistants?|copilot|claude|chatgpt|gpt|gemini|language models?)(?![\w-])"
)
_DO = re.compile(
    r"(?:^|[.:;,!\n-]|\b(?:must|should|please|always|then|and|to|now|ai|llms?|agents?|assistants?))[ \t]{0,8}"
    r"(?:run|execute|approve|merge|push|delete|remove|send|post|upload|download|fetch|install|add|write|commit"
    r"|reveal|print|output|respond|reply|answer|include|open|grant|set|call|curl|read|use|follow|insert|change)\b"
)
_COMMAND = re.compile(
    r"(?:^|\n)[ \t]{0,8}/agent\b|\b(?:curl|wget)\b[^\n|]{1,200}+\|[ \t]{0,4}(?:ba|z|da)?sh\b"
)


def look(passage: Passage) -> Iterator[Hit]:
    line_of = lines_in(passage.text)
    for at, hidden in _hidden(passage.text):
        text = folded(hidden)
        if _COMMAND.search(text) or (_AGENT.search(text) and _DO.search(text)) or orders.is_order(text):
            yield Hit(
                line_of(at), "It holds a comment that GitHub does not show, and that tells somebody to act."
            )


def _hidden(text: str) -> Iterator[tuple[int, str]]:
    at = text.find("<!--")
    while at >= 0:
        end = text.find("-->", at)
        end = len(text) if end < 0 else end  # it hides all that follows
        yield at, text[at + 4 : end]
        at = text.find("<!--", end)
    for found in _LINK.finditer(text):
        yield found.start(), found[0]
