"""What a plan is: a DAG of actions as data, that can be printed, stored, compared and replayed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bot.ids import Digest


class ErrorHandling(StrEnum):
    STOP = "stop"  # the first failure ends the run; what runs already is allowed to end
    CONTINUE = "continue"  # whatever does not depend on a failed step still runs


@dataclass(frozen=True)
class Action:
    """One step as asked for: `parameters` are validated and JSON-plain.

    `depends_on` holds indices counted from 0; None means that the plan runs in the order of its list.
    """

    action_type: str
    parameters: Mapping[str, Any]
    step_description: str
    depends_on: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Draft:
    """Actions as they were read from words or data, before anything was checked or granted."""

    actions: tuple[Mapping[str, Any], ...]
    error_handling: str | None = None  # None: not said, so the repository's rules or "stop" decide
    pull_request: bool | None = None  # None: not said, so the repository's rules or true decide
    environment: str | None = None  # None: not said, so the repository's rules decide
    reader: str = "yaml"  # which reader made it: yaml, json, shell, list, words, model


@dataclass(frozen=True)
class Plan:
    """A checked and granted plan. Build it with `bot.plans.build`, which asks for the Grant."""

    actions: tuple[Action, ...]
    error_handling: ErrorHandling = ErrorHandling.STOP
    reader: str = "yaml"
    environment: str = ""  # of those that name the same one, one runs at a time in a repository

    @property
    def in_order(self) -> bool:
        """No step names `depends_on`: steps run one after the other, in the order of the list."""
        return all(action.depends_on is None for action in self.actions)

    def as_data(self) -> dict[str, Any]:
        """The canonical form: what is digested, stored and shown. The reader is not part of it."""
        named = {"environment": self.environment} if self.environment else {}
        return {
            "version": 1,
            "error_handling": str(self.error_handling),
            **named,
            "actions": [_as_data(action) for action in self.actions],
        }

    def canonical_json(self) -> str:
        return json.dumps(self.as_data(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    @property
    def digest(self) -> Digest:
        return Digest(hashlib.sha256(self.canonical_json().encode()).hexdigest())


def _as_data(action: Action) -> dict[str, Any]:
    data: dict[str, Any] = {
        "action_type": action.action_type,
        "parameters": dict(action.parameters),
        "step_description": action.step_description,
    }
    if action.depends_on is not None:
        data["depends_on"] = list(action.depends_on)
    return data


def from_data(data: Mapping[str, Any], *, reader: str = "ledger") -> Plan:
    """A plan back from its canonical form, as the ledger keeps it."""
    return Plan(
        actions=tuple(
            Action(
                action_type=item["action_type"],
                parameters=item["parameters"],
                step_description=item["step_description"],
                depends_on=tuple(item["depends_on"]) if "depends_on" in item else None,
            )
            for item in data["actions"]
        ),
        error_handling=ErrorHandling(data["error_handling"]),
        reader=reader,
        environment=data.get("environment", ""),
    )


def as_draft(plan: Plan) -> Draft:
    """A plan as it would be written down, to be checked again: nothing in it is left open."""
    return Draft(
        actions=tuple(_as_data(action) for action in plan.actions),
        error_handling=str(plan.error_handling),
        pull_request=any(action.action_type == "open_pull_request" for action in plan.actions),
        environment=plan.environment or None,
        reader=plan.reader,
    )
