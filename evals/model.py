"""What cases and questions are: somebody's words, what a model is shown beside them, what is expected."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from bot.actions import ACTIONS
from bot.plans.model import ErrorHandling


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _known(action: str) -> str:
    if action not in ACTIONS:
        raise ValueError(f"{action} is no action type.")
    return action


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{pattern} is no regular expression: {error}.") from error
    return pattern


def _written_short(value: object) -> object:
    """What is only a text is a command, or a pattern for one."""
    return {"command": value} if isinstance(value, str) else value


ActionName = Annotated[str, AfterValidator(_known)]
Regex = Annotated[str, Field(min_length=1), AfterValidator(_compiles)]


class Pattern(_Strict):
    """A step that is looked for: everything that is said here is true of it. Case does not count."""

    action: ActionName | None = Field(default=None, description="Its type.")
    command: Regex | None = Field(default=None, description="Is found in the command that it runs.")
    path: Regex | None = Field(default=None, description="Is found in a path of it, or in its command.")
    text: Regex | None = Field(default=None, description="Is found in one of its parameters.")

    @model_validator(mode="after")
    def _says_something(self) -> Pattern:
        if not self.model_dump(exclude_none=True):
            raise ValueError("A pattern must say something.")
        return self

    def __str__(self) -> str:
        return ", ".join(f"{key} `{value}`" for key, value in self.model_dump(exclude_none=True).items())


Looked = Annotated[Pattern, BeforeValidator(_written_short)]
Several = Annotated[tuple[Looked, ...], Field(min_length=2)]


class CannotBe(StrEnum):
    """Whether "this cannot be planned" is a good answer."""

    NEVER = "never"
    ALLOWED = "allowed"  # a plan is looked at all the same
    REQUIRED = "required"


class Steps(_Strict):
    """How many steps are sensible. The pull request, which is implied, does not count."""

    min: Annotated[int, Field(ge=1)] = 1
    max: Annotated[int, Field(ge=1)] = 100


class Expected(_Strict):
    """The whole vocabulary."""

    cannot: CannotBe = CannotBe.NEVER
    asks: bool = Field(default=False, description='Whether a "cannot" has to ask something back.')
    steps: Steps = Steps()
    must: tuple[Looked, ...] = Field(default=(), description="There is a step for each of these.")
    must_not: tuple[Looked, ...] = Field(default=(), description="There is no step for any of these.")
    order: tuple[Several, ...] = Field(default=(), description="In each, one comes before the next.")
    parallel: tuple[Several, ...] = Field(default=(), description="In each, none waits for another.")
    error_handling: ErrorHandling | None = None

    @model_validator(mode="after")
    def _is_no_riddle(self) -> Expected:
        if self.cannot is not CannotBe.REQUIRED and not self.must:
            raise ValueError("A case that may be planned says what a plan must have.")
        return self


class Change(_Strict):
    """A pull request: its title, and the patch of each file."""

    title: str
    diff: dict[str, str] = {}


class Sample(BaseModel):
    """A step of an answer that is good. What is not named here is one of its parameters."""

    model_config = ConfigDict(extra="allow", frozen=True)

    action: ActionName = "run_command"
    after: tuple[int, ...] | None = None

    @property
    def parameters(self) -> dict[str, Any]:
        return dict(self.model_extra or {})


Written = Annotated[Sample, BeforeValidator(_written_short)]


class Posed(_Strict):
    """Somebody's words, and what a model is shown beside them."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    theme: str
    words: Annotated[str, Field(min_length=1)]
    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")] = "en"
    files: dict[str, str] = Field(description="The default branch, by path.")
    pull: Change | None = None
    failing: dict[str, str] = Field(default={}, description="The log of each failed check, by name.")


class Case(Posed):
    """One thing that somebody could ask for.

    `sample` is a good answer, each step of `ruins` makes a bad one of it: the tests hold the case to both.
    """

    expect: Expected
    sample: tuple[Written, ...] = ()
    sample_errors: ErrorHandling | None = None
    ruins: tuple[Written, ...] = ()


class Grounds(_Strict):
    """What a good answer in words says, and on which lines it rests. Upper and lower case do not count."""

    says: Annotated[tuple[Regex, ...], Field(min_length=1, description="Each is found in it.")]
    says_not: tuple[Regex, ...] = Field(default=(), description="None is found in it.")
    rests_on: tuple[Regex, ...] = Field(
        default=(), description="Each is found in a cited `path:text of line`."
    )


class Said(_Strict):
    """An answer in words, with the lines that it names as `path:line`."""

    answer: str
    cites: tuple[Annotated[str, Field(pattern=r"^.+:\d+$")], ...] = ()


class Question(Posed):
    """One question. `sample` is a good answer to it, and each of `ruins` is a bad one."""

    expect: Grounds
    sample: Said
    ruins: Annotated[tuple[Said, ...], Field(min_length=1)]
