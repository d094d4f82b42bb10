"""What an action type declares: its parameters, where it runs, its risk, and how it becomes a command."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict


class Where(StrEnum):
    BOX = "box"  # in the run's container, by hands
    DESK = "desk"  # by the desk, through GitHub's API, after the box has ended


class Risk(StrEnum):
    READ = "read"
    WRITE = "write"
    DESTRUCTIVE = "destructive"


class Reversal(StrEnum):
    """How what it did outside is taken back."""

    NOTHING_LEAVES = "nothing"  # it changes its box only
    UNDO = "undo"  # `/agent undo`
    BY_HAND = "by hand"  # a person can, on GitHub
    NEVER = "never"  # told to whoever approves it


class Parameters(BaseModel):
    """Base of all parameter models: strict keys, no silent conversions, immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


@dataclass(frozen=True)
class Command:
    """A plain instruction for a box: what a step compiles to.

    `argv` is executed without a shell of ours; `cwd` is relative to /workspace ("" is /workspace itself);
    `stdin` is fed and closed; `timeout_s` is None for the run's default step timeout, `image` for its image.
    `secrets` are names; each is in a file of that name while the command runs, and in no other.
    """

    argv: tuple[str, ...]
    cwd: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    stdin: bytes = b""
    timeout_s: int | None = None
    image: str | None = None
    secrets: tuple[str, ...] = ()


P = TypeVar("P", bound=Parameters)


@dataclass(frozen=True)
class ActionType(Generic[P]):
    """One row of the table in `bot/actions/__init__.py`."""

    name: str
    summary: str
    parameters: type[P]
    describe: Callable[[P], str]  # the step's description when nobody wrote one
    risk: Risk
    repeatable: bool  # may be done again, in a fresh box, when its worker was lost
    reversal: Reversal = Reversal.NOTHING_LEAVES
    where: Where = Where.BOX
    command: Callable[[P], Command] | None = None  # None only where the desk does it
    touches: Callable[[P], Iterable[str]] | None = None  # its paths; None when they are not known before

    def __post_init__(self) -> None:
        if self.where is Where.DESK and self.reversal is Reversal.NOTHING_LEAVES:
            raise TypeError(f"{self.name} has an effect outside: say how it is taken back.")

    def read(self, parameters: Mapping[str, Any]) -> P:
        return self.parameters.model_validate(parameters)

    def may_repeat(self, parameters: Mapping[str, Any]) -> bool:
        """Whether this very action may be done again: not if its author said `once`."""
        return self.repeatable and not parameters.get("once", False)

    def compile(self, parameters: Mapping[str, Any]) -> Command:
        """The command for the box. Only for action types that run there."""
        if self.command is None:
            raise TypeError(f"{self.name} runs at the desk and has no command.")
        return self.command(self.read(parameters))
