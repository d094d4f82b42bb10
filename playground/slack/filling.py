"""What people fill in: which elements of blocks hold a value, and what that looks like in `state.values`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from playground.slack.answers import Json, Refused

# Of a kind of element: the key its value stands under, and the key that says what it begins with.
PLAIN = {
    "plain_text_input": ("value", "initial_value"),
    "email_text_input": ("value", "initial_value"),
    "url_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
    "rich_text_input": ("rich_text_value", "initial_value"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
    "users_select": ("selected_user", "initial_user"),
    "channels_select": ("selected_channel", "initial_channel"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "multi_users_select": ("selected_users", "initial_users"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
}
# The same for those whose values are options: one, or several.
ONE_OF = {"static_select", "external_select", "radio_buttons", "overflow"}
SOME_OF = {"multi_static_select", "multi_external_select", "checkboxes"}
NESTED = ("elements", "accessory", "element", "child_blocks", "actions", "positive_button", "negative_button")


@dataclass(frozen=True, slots=True)
class Found:
    """An element with the block it stands in."""

    block: Json
    element: Json

    @property
    def kind(self) -> str:
        return str(self.element["type"])

    @property
    def action_id(self) -> str:
        return str(self.element.get("action_id", ""))

    @property
    def block_id(self) -> str:
        return str(self.block.get("block_id", ""))

    @property
    def is_asked_for(self) -> bool:
        """In an input that may not be left empty."""
        return self.block["type"] == "input" and not self.block.get("optional")

    @property
    def dispatches(self) -> bool:
        """Whether our App is told of a change at once; of an input only if it wants to be."""
        return self.block["type"] != "input" or bool(self.block.get("dispatch_action"))


def elements(blocks: Sequence[Json]) -> Iterator[Found]:
    """Every interactive element, in the order that people see them."""
    for block in blocks:
        for element in _inside(block):
            yield Found(block, element)


def _inside(thing: Json) -> Iterator[Json]:
    for key in NESTED:
        inner = thing.get(key)
        for one in inner if isinstance(inner, list) else [inner]:
            if isinstance(one, dict):
                if "action_id" in one:
                    yield one
                yield from _inside(one)


def find(blocks: Sequence[Json], action_id: str, block_id: str | None = None) -> Found:
    for found in elements(blocks):
        if found.action_id == action_id and block_id in {None, found.block_id}:
            return found
    there = ", ".join(found.action_id for found in elements(blocks)) or "nothing"
    raise Refused(f"There is no {action_id} to use here; there is {there}.")


def initial_values(blocks: Sequence[Json]) -> dict[str, dict[str, Json]]:
    values: dict[str, dict[str, Json]] = {}
    for found in elements(blocks):
        value = initial_value(found.element)
        if value is not None:
            values.setdefault(found.block_id, {})[found.action_id] = value
    return values


def initial_value(element: Json) -> Json | None:
    """What an element holds before anybody touched it; None for a button."""
    kind = element["type"]
    if kind in PLAIN:
        key, initial = PLAIN[kind]
        return {"type": kind, key: element.get(initial, [] if kind.startswith("multi_") else None)}
    if kind in SOME_OF:
        return {"type": kind, "selected_options": element.get("initial_options", [])}
    if kind in ONE_OF - {"overflow"}:
        return {"type": kind, "selected_option": element.get("initial_option")}
    return None


def filled(element: Json, value: Any, offered: Sequence[Json] = ()) -> Json:
    """What an element holds when somebody has put this in; options are meant by their values."""
    kind = element["type"]
    if kind in PLAIN:
        return {"type": kind, PLAIN[kind][0]: _measured(element, value)}
    if kind in SOME_OF:
        return {"type": kind, "selected_options": [_option(element, one, offered) for one in value or []]}
    if kind in ONE_OF:
        chosen = None if value in (None, "") else _option(element, str(value), offered)
        return {"type": kind, "selected_option": chosen}
    raise Refused(f"Nothing can be put into a {kind}.")


def _measured(element: Json, value: Any) -> Any:
    """Slack itself lets nobody write too little or too much."""
    if element["type"] != "plain_text_input" or not value:
        return value or (None if not isinstance(value, list) else [])
    least, most = element.get("min_length", 0), element.get("max_length", 3_000)
    if not least <= len(str(value)) <= most:
        raise Refused(f"{element['action_id']} takes {least} to {most} characters.")
    return value


def options_of(element: Json) -> list[Json]:
    groups = element.get("option_groups") or []
    return [*element.get("options", []), *(option for group in groups for option in group["options"])]


def _option(element: Json, value: str, offered: Sequence[Json]) -> Json:
    begun = element.get("initial_option")
    initial = [*([begun] if begun else []), *element.get("initial_options", [])]
    for option in [*options_of(element), *offered, *initial]:
        if option.get("value") == value:
            return dict(option)
    raise Refused(f"{element['action_id']} does not offer {value}.")


def is_empty(value: Json) -> bool:
    return not any(content for key, content in value.items() if key != "type")
