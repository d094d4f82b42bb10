"""From a draft to a plan: every action checked, in its one spelling, and granted. All or nothing.

Sentences count steps from 1, as people do; `depends_on` counts from 0, and a sentence about it says so.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from bot import plainly
from bot.actions import ACTIONS
from bot.actions.text import one_line, visible
from bot.errors import PlanError, UserError
from bot.limits import Limits
from bot.locks import lock_name
from bot.plans.cycles import cycle
from bot.plans.model import Action, Draft, ErrorHandling, Plan
from bot.policy import Grant
from bot.reports.safe import inline

OPEN_PULL_REQUEST = "open_pull_request"
UNDO_RUN = "undo_run"
MAX_DESCRIPTION = 500

_FIELDS = ("action_type", "parameters", "step_description", "depends_on")


def build(
    draft: Draft, grant: Grant, *, limits: Limits, images: Sequence[str] = (), secrets: Sequence[str] = ()
) -> Plan:
    """The plan, with the implied `open_pull_request` at its end. PlanError names the step and the field.

    `images` are those that a step may choose, `secrets` the names of those that it may be given.
    """
    handling = _handling(draft.error_handling)
    if not draft.actions:
        raise PlanError("The plan has no steps. Please write at least one.")
    if len(draft.actions) > limits.max_actions:
        raise PlanError(
            f"The plan has {len(draft.actions)} steps, and at most {limits.max_actions} are allowed here. "
            "Please split it."
        )
    actions = [_action(item, number, limits) for number, item in enumerate(draft.actions, start=1)]
    for number, action in enumerate(actions, start=1):
        _refuse_wrong_dependencies(action, number, len(actions))
        _refuse_other_images(action, number, images)
        _refuse_other_secrets(action, number, secrets)
    circle = cycle([action.depends_on or () for action in actions])
    if circle:
        named = " → ".join(str(index + 1) for index in circle)
        raise PlanError(f"Steps {named} wait for each other in a circle (`depends_on`), so none could start.")
    actions = _with_pull_request(actions, wanted=draft.pull_request)
    for number, action in enumerate(actions, start=1):
        if action.action_type not in grant.actions:
            raise PlanError(
                f"Step {number}: `{action.action_type}` is not among the actions you may use here."
            )
    return Plan(
        actions=_in_one_spelling(actions),
        error_handling=handling,
        reader=draft.reader,
        environment=_environment(draft.environment),
    )


def _refuse_other_images(action: Action, number: int, images: Sequence[str]) -> None:
    image = action.parameters.get("image")
    if image is None or image in images:
        return
    allowed = ", ".join(map(inline, images)) or "none, so please leave `image` out"
    raise PlanError(
        f"Step {number}: `image` is {inline(str(image), limit=80)}, which this server does not allow. "
        f"Allowed are: {allowed}."
    )


def _refuse_other_secrets(action: Action, number: int, secrets: Sequence[str]) -> None:
    for name in action.parameters.get("secrets", ()):
        if name not in secrets:
            allowed = ", ".join(map(inline, secrets)) or "none, so please leave `secrets` out"
            raise PlanError(
                f"Step {number}: `secrets` names {inline(name)}, which this server does not have for this "
                f"repository. It has: {allowed}."
            )


def _handling(value: str | None) -> ErrorHandling:
    try:
        return ErrorHandling(value or ErrorHandling.STOP)
    except ValueError as error:
        raise PlanError("`error_handling` must be `stop` or `continue`.") from error


def _environment(value: str | None) -> str:
    """Its one spelling; "" when there is none."""
    try:
        return lock_name(value) if value is not None else ""
    except UserError as error:
        raise PlanError(f"`environment`: {error}") from error


def _action(item: Mapping[str, Any], number: int, limits: Limits) -> Action:
    for key in item:
        if key not in _FIELDS:
            raise PlanError(
                f"Step {number}: {inline(str(key), limit=60)} {plainly.unknown(str(key), _FIELDS)}"
            )
    name = item.get("action_type")
    if not isinstance(name, str) or not name:
        raise PlanError(f"Step {number}: `action_type` is missing. Known are {_all_types()}.")
    kind = ACTIONS.get(name)
    if kind is None:
        raise PlanError(
            f"Step {number}: the `action_type` {inline(name, limit=60)} {plainly.unknown(name, ACTIONS)}"
        )
    given = item.get("parameters")
    given = {} if given is None else given
    if not isinstance(given, dict):
        raise PlanError(f"Step {number} (`{name}`): `parameters` must be a mapping of names to values.")
    _refuse_odd_values(given, number, name)
    try:
        read = kind.read(given)
    except ValidationError as error:
        raise PlanError(f"Step {number} (`{name}`): {_told(error, kind.parameters.model_fields)}") from error
    parameters = read.model_dump(mode="json")
    timeout = parameters.get("timeout_s")
    if isinstance(timeout, int) and timeout > limits.step_timeout_s:
        raise PlanError(
            f"Step {number} (`{name}`): `timeout_s` is {timeout}, and a step may take at most "
            f"{limits.step_timeout_s} seconds here."
        )
    description = _description(item.get("step_description"), number) or kind.describe(read)
    return Action(name, parameters, one_line(description, width=MAX_DESCRIPTION), _depends_on(item, number))


def _told(error: ValidationError, fields: Mapping[str, Any]) -> str:
    problems = error.errors(include_url=False, include_input=False)
    # A misspelt name is both unknown and missing; the first says more.
    problem = next((each for each in problems if each["type"] == "extra_forbidden"), problems[0])
    field = ".".join(str(part) for part in problem["loc"] if not str(part).startswith("function-"))
    known = fields if len(problem["loc"]) == 1 else ()
    return f"{inline(field, limit=60)} {plainly.reason(problem, known=known)}"


def _all_types() -> str:
    return ", ".join(f"`{name}`" for name in ACTIONS)


def _refuse_odd_values(value: Any, number: int, name: str) -> None:
    """Values that JSON, and so a digest, cannot hold: half characters, and numbers that are none."""
    level: list[Any] = [value]
    while level:
        each = level.pop()
        if isinstance(each, dict):
            level.extend([*each, *each.values()])
        elif isinstance(each, list):
            level.extend(each)
        elif isinstance(each, str) and any("\ud800" <= character <= "\udfff" for character in each):
            raise PlanError(
                f"Step {number} (`{name}`): a value holds half of a character (a lone surrogate)."
            )
        elif isinstance(each, float) and not math.isfinite(each):
            raise PlanError(f"Step {number} (`{name}`): a value is not a number that JSON knows.")


def _description(value: Any, number: int) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise PlanError(f"Step {number}: `step_description` must be text.")
    try:
        return visible(" ".join(value.split()))
    except ValueError as error:
        raise PlanError(f"Step {number}: `step_description` {error}") from error


def _depends_on(item: Mapping[str, Any], number: int) -> tuple[int, ...] | None:
    value = item.get("depends_on")
    if value is None:
        return None
    if not isinstance(value, list) or any(
        isinstance(each, bool) or not isinstance(each, int) for each in value
    ):
        raise PlanError(f"Step {number}: `depends_on` must be a list of whole numbers, counted from 0.")
    return tuple(value)


def _refuse_wrong_dependencies(action: Action, number: int, count: int) -> None:
    seen = set()
    for index in action.depends_on or ():
        if not 0 <= index < count:
            raise PlanError(
                f"Step {number}: `depends_on` names {index}, but it counts from 0, and this plan has 0 to "
                f"{count - 1} (step 1 is 0)."
            )
        if index == number - 1:
            raise PlanError(
                f"Step {number}: `depends_on` names {index}, which is this step itself (counted from 0)."
            )
        if index in seen:
            raise PlanError(f"Step {number}: `depends_on` names {index} (step {index + 1}) twice.")
        seen.add(index)


def _with_pull_request(actions: Sequence[Action], *, wanted: bool | None) -> list[Action]:
    undoing = [place for place, action in enumerate(actions) if action.action_type == UNDO_RUN]
    if undoing and len(actions) > 1:
        raise PlanError(f"Step {undoing[0] + 1}: `{UNDO_RUN}` must be the only step of its plan.")
    if undoing:
        return list(actions)
    places = [place for place, action in enumerate(actions) if action.action_type == OPEN_PULL_REQUEST]
    if not places:
        if wanted is False:
            return list(actions)
        kind = ACTIONS[OPEN_PULL_REQUEST]
        read = kind.read({})
        return [*actions, Action(kind.name, read.model_dump(mode="json"), kind.describe(read))]
    if wanted is False:
        raise PlanError(
            f"Step {places[0] + 1} opens a pull request, but the plan says `pull_request: false`. "
            "Please keep one of the two."
        )
    if len(places) > 1:
        raise PlanError(
            f"Steps {places[0] + 1} and {places[1] + 1} both open a pull request. "
            "A run makes one, as its last step."
        )
    for number, action in enumerate(actions, start=1):
        if places[0] in (action.depends_on or ()):
            raise PlanError(
                f"Step {number}: `depends_on` names {places[0]} (step {places[0] + 1}), the pull request, "
                "which is made when everything else is done."
            )
    if places[0] != len(actions) - 1:
        raise PlanError(f"Step {places[0] + 1} opens the pull request, so it must be the last step.")
    return list(actions)


def _in_one_spelling(actions: Sequence[Action]) -> tuple[Action, ...]:
    """Plans that mean the same are the same: in a DAG every step says what it waits for, in rising order."""
    if all(action.depends_on is None for action in actions):
        return tuple(actions)
    last = len(actions) - 1
    return tuple(
        replace(
            action,
            depends_on=tuple(range(last))
            if place == last and action.action_type == OPEN_PULL_REQUEST
            else tuple(sorted(action.depends_on or ())),
        )
        for place, action in enumerate(actions)
    )
