"""Ids of blocks, of what people press, and of tasks: each is there only once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from handlers.slack import limits

Json = dict[str, Any]


def with_ids(bare: Sequence[Json], version: str) -> list[Json]:
    """The same blocks with their ids. `version` is in those of blocks that have no name of their own."""
    ids, actions, tasks = Names(), Names(), Names()
    links = count(1)
    named: list[Json] = []
    for number, block in enumerate(bare):
        made = {**block, "block_id": ids.new(block.get("block_id") or f"{version}.{number}")}
        if block["type"] == "actions":
            made["elements"] = [_acting(element, actions, links) for element in block["elements"]]
        if "tasks" in block:
            made["tasks"] = [{**card, "task_id": tasks.new(card["task_id"])} for card in block["tasks"]]
        named.append(made)
    return named


def _acting(element: Json, actions: Names, links: Iterator[int]) -> Json:
    name = f"{element['action_id']}:{next(links)}" if "url" in element else element["action_id"]
    return {**element, "action_id": actions.new(name)}


@dataclass
class Names:
    """Gives every name once; who comes second gets a number behind a colon."""

    given: dict[str, int] = field(default_factory=dict)

    def new(self, name: str) -> str:
        wanted = name = name[: limits.ID - 5] or "-"
        while wanted in self.given:
            self.given[name] += 1
            wanted = f"{name}:{self.given[name]}"
        self.given[wanted] = 1
        return wanted
