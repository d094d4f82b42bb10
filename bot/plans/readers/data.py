"""Reads a fenced `yaml` or `json` block: a list of actions, or a mapping with `actions:`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from bot import plainly
from bot.errors import PlanError
from bot.plans.model import Draft
from bot.plans.readers.shell import SHELLS
from bot.plans.readers.words import Part, Said
from bot.reports.safe import inline
from bot.yaml12 import MAX_DEPTH, YamlError, load

LANGUAGES = {"yaml": "yaml", "yml": "yaml", "json": "json"}
_TOP = {"version", "actions", "steps", "error_handling", "pull_request", "environment"}


def read(said: Sequence[Said]) -> Draft | None:
    blocks = [each for each in said if each.part is Part.FENCE and each.info in LANGUAGES]
    if not blocks:
        return None
    others = [each for each in said if each.part is Part.FENCE and each.info in SHELLS]
    if len(blocks) > 1 or others:
        raise PlanError(
            f"I found {len(blocks) + len(others)} blocks that could be the plan. Please keep one of them."
        )
    language = LANGUAGES[blocks[0].info]
    value = _yaml(blocks[0].text) if language == "yaml" else json_value(blocks[0].text)
    return draft(value, reader=language)


def draft(value: Any, *, reader: str) -> Draft:
    """A draft from plain data. Only the frame is looked at here; `build` checks each action."""
    if isinstance(value, list):
        return Draft(actions=_mappings(value), reader=reader)
    if not isinstance(value, dict):
        raise PlanError(
            "A plan is a list of actions, each with `action_type` and `parameters`, maybe under `actions:`."
        )
    for key in value:
        if key not in _TOP:
            raise PlanError(f"{inline(key, limit=60)} {plainly.unknown(key, _TOP - {'steps', 'version'})}")
    if "actions" in value and "steps" in value:
        raise PlanError("The plan has both `actions:` and `steps:`, which mean the same. Please keep one.")
    if value.get("version", 1) != 1 or isinstance(value.get("version"), bool):
        raise PlanError("`version` must be 1: that is the only version of plans there is.")
    actions = value.get("actions", value.get("steps"))
    if not isinstance(actions, list):
        raise PlanError("`actions` must be a list of actions, each with `action_type` and `parameters`.")
    handling = value.get("error_handling")
    if handling not in (None, "stop", "continue"):
        raise PlanError("`error_handling` must be `stop` or `continue`.")
    wanted = value.get("pull_request")
    if wanted is not None and not isinstance(wanted, bool):
        raise PlanError("`pull_request` must be `true` or `false`.")
    environment = value.get("environment")
    if environment is not None and not isinstance(environment, str):
        raise PlanError("`environment` must be a name, like `production`.")
    return Draft(
        actions=_mappings(actions),
        error_handling=handling,
        pull_request=wanted,
        reader=reader,
        environment=environment,
    )


def _mappings(actions: list[Any]) -> tuple[dict[str, Any], ...]:
    for number, each in enumerate(actions, start=1):
        if not isinstance(each, dict):
            raise PlanError(f"Step {number}: must be a mapping with `action_type` and `parameters`.")
    return tuple(actions)


def _yaml(text: str) -> Any:
    try:
        return load(text).plain()
    except YamlError as error:
        raise PlanError(
            f"I could not read the plan. Line {error.line} of the block: {error.reason}"
        ) from error


def json_value(text: str) -> Any:
    """The one value of the text, by JSON's own rules. PlanError for doubled keys, NaN, and great depth."""
    try:
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise PlanError(
            f"I could not read the plan. Line {error.lineno} of the block: this is not JSON: {error.msg}."
        ) from error
    except RecursionError as error:
        raise PlanError("I could not read the plan: it is nested too deeply.") from error
    except ValueError as error:
        raise PlanError(
            f"I could not read the plan: it holds a number that is too large ({error!s:.80})."
        ) from error
    _refuse_depth(value)
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise PlanError(
                f"The key {inline(key, limit=60)} is there twice in one mapping of the plan. Please keep one."
            )
        found[key] = value
    return found


def _refuse_constant(name: str) -> Any:
    raise PlanError(f"The plan holds `{name}`, which is not a number that JSON knows.")


def _refuse_depth(value: Any) -> None:
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [
            inner
            for each in level
            if isinstance(each, list | dict)
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
        if not level:
            return
    raise PlanError(f"I could not read the plan: it is nested more than {MAX_DEPTH} levels deep.")
