"""Reads plain sentences, one a line: ``run `pytest -q` ``, ``create a file `x` with`` and a fenced block."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.plans.model import Draft
from bot.plans.readers import shapes
from bot.plans.readers.words import Part, Said

# A tag's attribute or a link's title over several lines can hide a line from whoever reads the comment.
_CODE = re.compile(r"`[^`]*`")
_MARKUP = re.compile(r"[<\[]")


def read(said: Sequence[Said]) -> Draft | None:
    actions = []
    for place, each in enumerate(said):
        if each.part is not Part.PROSE:
            continue
        if _MARKUP.search(_CODE.sub("", each.text)):
            return None
        after = said[place + 1] if place + 1 < len(said) else None
        block = after.text if after and after.part is Part.FENCE and shapes.wants_block(each.text) else None
        found = shapes.action(each.text, block)
        if found is None and "`" in each.text:
            return None  # a sentence with code that was not understood might be a step: better none than some
        if found is not None:
            actions.append(found)
    return Draft(actions=tuple(actions), reader="words") if actions else None
