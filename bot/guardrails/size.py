"""`size`: more text than a person would write there, or a model should read."""

from __future__ import annotations

from collections.abc import Iterator

from bot.guardrails.model import Hit, Kind, Passage

MOST = {  # characters; GitHub's own limits are 256 for a title and 65,536 for what people write
    Kind.TITLE: 256,
    Kind.COMMENT: 20_000,
    Kind.DESCRIPTION: 40_000,
    Kind.FILE: 400_000,
    Kind.DIFF: 1_000_000,
    Kind.LOG: 4_000_000,
}


def look(passage: Passage) -> Iterator[Hit]:
    most = MOST.get(passage.kind)
    if most is not None and len(passage.text) > most:
        yield Hit(
            0, f"It has {len(passage.text):,} characters; a {passage.kind} seldom has more than {most:,}."
        )
