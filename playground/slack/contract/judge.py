"""Asks the three judges about one message, one view or one list of options."""

from __future__ import annotations

from typing import Any

from playground.slack.contract import measures, models, schema

Json = dict[str, Any]


def complaints_about_message(blocks: Any) -> list[str]:
    """Why Slack would not show these blocks as a message, a sentence each; none if it would."""
    if malformed := _not_blocks(blocks):
        return malformed
    return [
        *(f"slack_sdk: {said}" for said in models.complaints_about_blocks(blocks)),
        *(f"@slack/types: {said}" for said in schema.complaints_about_blocks(blocks)),
        *(f"limits: {said}" for said in measures.complaints_about_message(blocks)),
    ]


def complaints_about_view(view: Any) -> list[str]:
    """The same for a modal or a home tab."""
    if not isinstance(view, dict):
        return ["a view is an object"]
    if malformed := _not_blocks(view.get("blocks")):
        return malformed
    return [
        *(f"slack_sdk: {said}" for said in models.complaints_about_view(view)),
        *(f"@slack/types: {said}" for said in schema.complaints_about_view(view)),
        *(f"limits: {said}" for said in measures.complaints_about_view(view)),
    ]


def complaints_about_options(answer: Any) -> list[str]:
    """The same for what a select menu is told to offer: `options` or `option_groups`."""
    if not isinstance(answer, dict) or len(answer.keys() & {"options", "option_groups"}) != 1:
        return ["options are answered as an object of `options` or of `option_groups`"]
    return [
        *(f"@slack/types: {said}" for said in schema.complaints_about_options(answer)),
        *(f"limits: {said}" for said in measures.complaints_about_options(answer)),
    ]


def _not_blocks(blocks: Any) -> list[str]:
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        return ["blocks are a list of objects"]
    return [f"/blocks/{place} has no type" for place, block in enumerate(blocks) if "type" not in block]
