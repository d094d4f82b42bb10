"""The JSON schema of a plan as a model answers it, made from the table of actions.

It is a help for the model, in the small dialect that every provider takes: each object is closed, each key is
required, and what may be left out may be null. What an answer is worth, our own types decide.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.actions import ACTIONS
from bot.actions.model import ActionType
from bot.plans.model import ErrorHandling

Schema = dict[str, Any]

_KEPT = ("type", "enum", "description")
_NULL: Schema = {"type": "null"}
_TEXT: Schema = {"type": "string"}


def answer_schema() -> Schema:
    """Of `{"plan": {…}, "cannot": null}`, or `{"plan": null, "cannot": {…}}` when nothing can be planned."""
    plan = closed(
        {
            "actions": {"type": "array", "items": {"anyOf": [_step(kind) for kind in ACTIONS.values()]}},
            "error_handling": _or_null({"type": "string", "enum": [str(each) for each in ErrorHandling]}),
        }
    )
    cannot = closed(
        {
            "reason": {**_TEXT, "description": "Why no plan can be made, in one sentence."},
            "question": _or_null({**_TEXT, "description": "What to ask the author of the command."}),
        }
    )
    return closed({"plan": _or_null(plan), "cannot": _or_null(cannot)})


def closed(properties: Mapping[str, Schema]) -> Schema:
    """An object with exactly these keys."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def optional(kind: ActionType[Any]) -> frozenset[str]:
    """The parameters that may be left out, for which a null in an answer stands."""
    return frozenset(name for name, field in kind.parameters.model_fields.items() if not field.is_required())


def offered(kind: ActionType[Any]) -> dict[str, Schema]:
    """The parameters that a model is told of. A mapping with free keys, as `env` is, cannot be closed."""
    told: Schema = kind.parameters.model_json_schema().get("properties", {})
    return {name: _plain(field) for name, field in told.items() if field.get("type") != "object"}


def _step(kind: ActionType[Any]) -> Schema:
    may_be_null = optional(kind)
    parameters = {
        name: _or_null(field) if name in may_be_null else field for name, field in offered(kind).items()
    }
    return closed(
        {
            "action_type": {"type": "string", "enum": [kind.name]},
            "parameters": closed(parameters),
            "step_description": {**_TEXT, "description": "What the step is for, in one short sentence."},
            "depends_on": _or_null(
                {
                    "type": "array",
                    "items": {"type": "integer"},
                    "description": "The steps it waits for, counted from 0. Null in every step: in order.",
                }
            ),
        }
    )


def _plain(field: Schema) -> Schema:
    plain = {key: field[key] for key in _KEPT if key in field}
    if "anyOf" in field:
        plain["anyOf"] = [_plain(each) for each in field["anyOf"]]
    if "items" in field:
        plain["items"] = _plain(field["items"])
    return plain


def _or_null(schema: Schema) -> Schema:
    choices = schema.get("anyOf", [schema])
    described = (
        {"description": schema["description"]} if "anyOf" in schema and "description" in schema else {}
    )
    return {**described, "anyOf": choices if _NULL in choices else [*choices, _NULL]}
