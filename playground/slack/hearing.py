"""What our App answers to a command or an interaction, and what becomes of it in Slack."""

from __future__ import annotations

import time
from typing import Any

from playground.slack import posting, viewing
from playground.slack.answers import Json
from playground.slack.contract import (
    complaints_about_message,
    complaints_about_options,
    complaints_about_view,
)
from playground.slack.filling import elements
from playground.slack.model import Channel, Message, Response, View
from playground.slack.parcels import Delivery
from playground.slack.state import SlackWorld

TROUBLE = "We had some trouble connecting. Try again?"
RESPONSE_SECONDS, RESPONSE_USES = 1_800.0, 5


def outcome(delivery: Delivery, **more: Any) -> Json:
    """How it went, for whoever did it."""
    return {
        "status": delivery.status,
        "body": delivery.said,
        "seconds": delivery.seconds,
        "trouble": delivery.trouble,
        "delivery": delivery.id,
        **more,
    }


def hear_command(world: SlackWorld, channel: Channel, user: str, delivery: Delivery) -> None:
    """An answer is shown to whoever asked, or to all; no answer is told by Slackbot."""
    word = delivery.parcel.payload["command"]
    if not delivery.is_taken:
        why = "operation_timeout" if delivery.trouble == "http_timeout" else "dispatch_failed"
        posting.whisper(world, channel, user, f'{word} failed with the error "{why}"')
        return
    said = delivery.said
    if said:
        _speak(world, channel, user, {"text": said} if isinstance(said, str) else said, f"answer to {word}")


def _speak(world: SlackWorld, channel: Channel, user: str, said: Any, operation: str) -> Message | None:
    """Post what an answer or a response_url was given; in the open only if it says so."""
    if not isinstance(said, dict) or not (said.get("text") or said.get("blocks")):
        world.break_contract(operation, [f"{said!r} is no message"])
        return None
    blocks = said.get("blocks") or []
    complaints = complaints_about_message(blocks) if blocks else []
    if complaints:
        world.break_contract(operation, complaints)
        return None
    token = world.token_of(channel.team)
    if token is None:
        return None
    to = None if said.get("response_type") == "in_channel" else user
    text, thread = str(said.get("text") or ""), said.get("thread_ts")
    return posting.post_as_app(world, token, channel, text, blocks=blocks, thread_ts=thread, ephemeral_to=to)


def hear_submission(world: SlackWorld, view: View, delivery: Delivery) -> None:
    """An empty answer closes the modal; errors keep it open; it can be changed, or all be closed."""
    if not delivery.is_taken:
        viewing.set_errors(world, view, {"": TROUBLE})
        return
    said = delivery.said
    if not said:
        viewing.close(world, view)
        return
    kind = said.get("response_action") if isinstance(said, dict) else None
    if kind == "errors" and _are_errors(world, view, said.get("errors")):
        viewing.set_errors(world, view, said["errors"])
    elif kind == "update" and _is_modal(world, said.get("view")):
        viewing.change(world, view, said["view"])
    elif kind == "clear":
        for each in viewing.open_views(world, view.user):
            viewing.close(world, each)
    elif kind not in {"errors", "update"}:
        world.break_contract("view_submission", [f"{said!r} is no answer to it"])
        viewing.set_errors(world, view, {"": TROUBLE})


def _are_errors(world: SlackWorld, view: View, errors: Any) -> bool:
    inputs = {found.block_id for found in elements(view.body["blocks"]) if found.block["type"] == "input"}
    if isinstance(errors, dict) and errors and errors.keys() <= inputs and all(errors.values()):
        return True
    world.break_contract("view_submission", [f"{errors!r} are no errors of the inputs {sorted(inputs)}"])
    viewing.set_errors(world, view, {"": TROUBLE})
    return False


def _is_modal(world: SlackWorld, body: Any) -> bool:
    complaints = complaints_about_view(body)
    world.break_contract("view_submission", complaints)
    return not complaints


def hear_options(world: SlackWorld, delivery: Delivery) -> list[Json]:
    """The options that were answered, of all groups together; none if they cannot be shown."""
    if not delivery.is_taken:
        return []
    said = delivery.said
    complaints = complaints_about_options(said)
    if complaints:
        world.break_contract("block_suggestion", complaints)
        return []
    groups = said.get("option_groups", [])
    return [*said.get("options", []), *(option for group in groups for option in group["options"])]


def hear_nothing(world: SlackWorld, delivery: Delivery) -> None:
    """Slack shows nothing that is answered to a press; our App should not think that it does."""
    if delivery.is_taken and delivery.said:
        kind = delivery.parcel.payload["type"]
        world.break_contract(kind, [f"the answer {delivery.said!r} is seen by nobody"])


def hear_response(world: SlackWorld, response: Response, said: Any) -> str:
    """What came to a response_url; the error that Slack answers, or ""."""
    if response.uses >= RESPONSE_USES or time.monotonic() - response.at > RESPONSE_SECONDS:
        return "expired_url"
    response.uses += 1
    before = _answered(world, response) if isinstance(said, dict) else None
    if before is not None and said.get("delete_original"):
        posting.remove(world, before)
        return ""
    if before is not None and said.get("replace_original"):
        complaints = complaints_about_message(said["blocks"]) if said.get("blocks") else []
        if complaints:
            world.break_contract("response_url", complaints)
            return "invalid_blocks"
        posting.edit(world, before, text=str(said.get("text") or ""), blocks=said.get("blocks") or [])
        return ""
    spoken = _speak(world, world.channel(response.channel), response.user, said, "response_url")
    return "" if spoken else "no_text"


def _answered(world: SlackWorld, response: Response) -> Message | None:
    every = [*world.channel(response.channel).messages, *world.ephemerals]
    return next((m for m in every if m.ts == response.ts and not m.deleted), None)
