"""Reads a numbered or bulleted list whose items each ask for one action: ``1. Run `pytest -q` ``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.errors import NotUnderstood, PlanError
from bot.plans.model import Draft
from bot.plans.readers import shapes
from bot.plans.readers.words import Part, Said
from bot.reports.safe import inline


def read(said: Sequence[Said]) -> Draft | None:
    items = [each for each in said if each.part is Part.ITEM]
    if not any("`" in each.text or shapes.wants_block(each.text) for each in items):
        return None
    if any(each.part is Part.PROSE and shapes.action(each.text) for each in said):
        raise PlanError(
            "I found a list and also a command in the words around it, and cannot tell their order. "
            "Please put all of them into the list."
        )
    return Draft(actions=tuple(_actions(said)), reader="list")


def _actions(said: Sequence[Said]) -> Iterator[shapes.Shape]:
    number = 0
    for place, each in enumerate(said):
        if each.part is not Part.ITEM:
            continue
        number += 1
        if each.nested:
            raise PlanError(f"Item {number} of the list is inside another item. Please write one flat list.")
        after = said[place + 1] if place + 1 < len(said) else None
        block = after.text if after and after.part is Part.FENCE and shapes.wants_block(each.text) else None
        found = shapes.action(each.text, block)
        if found is None:
            raise NotUnderstood(
                f"I could not read item {number} of the list ({inline(each.text, limit=80)}). "
                "An item is like ``Run `pytest -q` ``, "
                "``Create a directory `docs` ``, ``Create a file `a.txt` with`` and a fenced block, or "
                "``Delete `old.txt` ``."
            )
        yield found
