"""`hidden_text`: characters that a model reads and people do not see.

Silent are those with an honest use: joiners in emoji and in scripts that need them, one selector behind a
symbol, a mark at the beginning of a file, a single blank of no width.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.guardrails.model import Hit, Passage, lines_in

_ZERO = "\u200b-\u200d\u2060-\u2064\ufeff"
_HIDDEN = re.compile(
    "\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f"  # a flag, as that of Wales
    "|(?P<tags>[\U000e0000-\U000e007f]{1,4096}+)"
    "|(?P<selectors>[\ufe00-\ufe0f\U000e0100-\U000e01ef]{2,4096}+)"
    "|(?P<bidi>[\u202a-\u202e\u2066-\u2069])"
    f"|(?P<zero>[{_ZERO}]{{3,4096}}+)"
    f"|(?P<split>(?<=[A-Za-z])[{_ZERO}]{{1,4096}}+(?=[A-Za-z]))"
)
_MEANS = {
    "tags": "tag characters, which can spell out a text that nobody sees",
    "selectors": "a row of variation selectors, which can hold a text that nobody sees",
    "bidi": "characters that turn the direction of writing, so that one reads what does not stand there",
    "zero": "a row of characters without width, which can hold a text that nobody sees",
    "split": "characters without width in the midst of a word",
}


def look(passage: Passage) -> Iterator[Hit]:
    if passage.text.isascii():
        return
    line_of = lines_in(passage.text)
    seen: set[tuple[int, str]] = set()
    for found in _HIDDEN.finditer(passage.text):
        told = line_of(found.start()), str(found.lastgroup)
        if found.lastgroup and told not in seen:
            seen.add(told)
            yield Hit(told[0], f"It holds {_MEANS[told[1]]}.")
