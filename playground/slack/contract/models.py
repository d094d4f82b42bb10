"""The first judge: what the classes of slack_sdk say of blocks and views."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

Json = dict[str, Any]
# Whatever these classes cannot make sense of, they say by stumbling over it.
STUMBLES = (SlackObjectFormationError, TypeError, AttributeError, KeyError, ValueError)


def complaints_about_blocks(blocks: list[Json]) -> Iterator[str]:
    for place, block in enumerate(copy.deepcopy(blocks)):
        try:
            parsed: Block | None = Block.parse_all([block])[0]
            if parsed is None:
                yield f"/blocks/{place}: {block['type']} is no block that it knows"
                continue
            parsed.validate_json()
            parsed.to_dict()
        except STUMBLES as error:
            yield f"/blocks/{place}: {error}"


def complaints_about_view(view: Json) -> Iterator[str]:
    yield from complaints_about_blocks(view["blocks"])
    try:
        View(**copy.deepcopy(view)).validate_json()
    except STUMBLES as error:
        yield f"/view: {error}"
