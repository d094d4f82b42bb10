"""What people press and choose from, as Slack's blocks."""

from __future__ import annotations

from typing import Any

from bot.chat.message import Buttons, Choice, Confirm, Look, Open, Press
from handlers.slack import limits
from handlers.slack.room import Room
from handlers.slack.texts import plain_text, web_address

Json = dict[str, Any]

_STYLES = {Look.GOOD: {"style": "primary"}, Look.DANGER: {"style": "danger"}, Look.PLAIN: {}}


def buttons(part: Buttons, room: Room) -> list[Json]:
    """As many in one block as Slack takes."""
    elements = [made for each in part.buttons if (made := _button(each, room))]
    return [
        {"type": "actions", "elements": elements[first : first + limits.IN_ACTIONS]}
        for first in range(0, len(elements), limits.IN_ACTIONS)
    ]


def menu(choice: Choice, room: Room) -> list[Json]:
    """What is too long to come back as it is cannot be chosen."""
    values = [each for each in dict.fromkeys(choice.options) if 0 < len(each) <= limits.OPTION_VALUE]
    options = [
        {"text": plain_text(each, min(room.other, limits.OPTION)), "value": each}
        for each in values[: limits.OPTIONS]
    ]
    element = {
        "type": "static_select",
        "action_id": choice.action,
        "placeholder": plain_text(choice.label, min(room.other, limits.PLACEHOLDER)),
        "options": options,
    }
    return [{"type": "actions", "block_id": choice.key, "elements": [element]}] if options else []


def _button(button: Press | Open, room: Room) -> Json | None:
    """None where what it stands for is too long or no address: a part of it would be something else."""
    made = {
        "type": "button",
        "text": plain_text(button.label or button.action, limits.BUTTON),
        "action_id": button.action,
    }
    if isinstance(button, Open):
        url = web_address(button.url)
        return {**made, "url": url} if url else None
    if len(button.value) > limits.VALUE:
        return None
    value = {"value": button.value} if button.value else {}
    confirm = {"confirm": _confirm(button.confirm, button.look, room)} if button.confirm else {}
    return {**made, **value, **_STYLES[button.look], **confirm}


def _confirm(asked: Confirm, look: Look, room: Room) -> Json:
    return {
        "title": plain_text(asked.title, min(room.other, limits.CONFIRM_TITLE)),
        "text": plain_text(asked.text, min(room.other, limits.CONFIRM_TEXT)),
        "confirm": plain_text(asked.yes, limits.CONFIRM_BUTTON),
        "deny": plain_text(asked.no, limits.CONFIRM_BUTTON),
        **_STYLES[look],
    }
