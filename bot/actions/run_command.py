"""`run_command`: a shell text or a list of arguments, run in the box."""

from __future__ import annotations

import re
import shlex
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from bot.actions.model import ActionType, Command, Parameters, Risk
from bot.actions.paths import checked
from bot.actions.text import one_line, visible

# The kernel refuses one argument over 128 KiB; half of it leaves room and is more than anybody reads.
MAX_COMMAND_BYTES = 64 * 1024
MAX_ENV = 100

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}\Z", re.ASCII)

# Stops at the first command that fails, as people know it from CI.
_SHELLS = {"sh": ("/bin/sh", "-e", "-c"), "bash": ("bash", "-e", "-o", "pipefail", "-c")}


def _command(value: Any) -> Any:
    if isinstance(value, str):
        text = visible(value.replace("\r\n", "\n")).strip()
        if not text:
            raise ValueError("must not be empty.")
        if len(text.encode()) > MAX_COMMAND_BYTES:
            raise ValueError(f"is too long: at most {MAX_COMMAND_BYTES // 1024} KiB are allowed.")
        return text
    if isinstance(value, list) and value and all(isinstance(each, str) for each in value):
        for each in value:
            visible(each)
        if not value[0].strip():
            raise ValueError("must begin with a program.")
        if sum(len(each.encode()) for each in value) > MAX_COMMAND_BYTES:
            raise ValueError(f"is too long: at most {MAX_COMMAND_BYTES // 1024} KiB are allowed.")
        return value
    raise ValueError(
        "must be one text, or a list of texts (a program and its arguments). Quote numbers and `true`."
    )


def _cwd(value: str) -> str:
    return "" if value.strip("./") == "" and not value.startswith(("/", "..")) else checked(value)


def _env(value: dict[str, str]) -> dict[str, str]:
    if len(value) > MAX_ENV:
        raise ValueError(f"is too long: at most {MAX_ENV} names are allowed.")
    for name, text in value.items():
        if not _NAME.match(name):
            raise ValueError(
                "has a name that cannot be used: letters, digits and `_` only, not beginning with a digit."
            )
        if "\0" in text or len(text.encode()) > MAX_COMMAND_BYTES:
            raise ValueError("has a value that is too long or holds a NUL character.")
    return value


SecretName = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{0,63}$")]


class RunCommand(Parameters):
    """What `run_command` takes."""

    command: Annotated[str | list[str], BeforeValidator(_command)] = Field(
        description="A text for the shell, or a list: the program and its arguments, used as they are."
    )
    shell: Literal["sh", "bash"] = Field(
        default="sh",
        description="Which shell reads the text: `sh -e`, or `bash -e -o pipefail`. No matter for a list.",
    )
    cwd: Annotated[str, AfterValidator(_cwd)] = Field(
        default="", description="The folder to run in, relative to the repository."
    )
    env: Annotated[dict[str, str], AfterValidator(_env)] = Field(
        default_factory=dict, description="Environment variables. They are shown to everybody: no secrets."
    )
    timeout_s: Annotated[int, Field(ge=1)] | None = Field(
        default=None,
        description="Seconds after which the step ends; without it, the repository's limit.",
    )
    image: Annotated[str, Field(min_length=1, max_length=255)] | None = Field(
        default=None,
        exclude_if=lambda image: image is None,  # as with `once`
        description="The image that this step runs in, one of those that the server allows; without it, the "
        "run's. It sees the same files.",
    )
    secrets: Annotated[list[SecretName], Field(max_length=20)] = Field(
        default_factory=list,
        exclude_if=lambda secrets: not secrets,  # as with `once`
        description="Names of secrets that the server has for this repository. Each is in a file, whose path "
        "is in the environment variable `<name>_FILE`, for this step alone; never for the code of a fork.",
    )
    once: bool = Field(
        default=False,
        exclude_if=lambda once: not once,  # what was digested before there was a choice keeps its digest
        description="Never begin it twice: a run that loses its worker in the middle of it ends there.",
    )


def _describe(parameters: RunCommand) -> str:
    command = parameters.command
    return f"Run {one_line(command if isinstance(command, str) else shlex.join(command))}"


def _compile(parameters: RunCommand) -> Command:
    command = parameters.command
    return Command(
        argv=(*_SHELLS[parameters.shell], command) if isinstance(command, str) else tuple(command),
        cwd=parameters.cwd,
        env=parameters.env,
        timeout_s=parameters.timeout_s,
        image=parameters.image,
        secrets=tuple(parameters.secrets),
    )


RUN_COMMAND = ActionType(
    name="run_command",
    summary="Runs a command in the box. Exit code 0 is success, anything else a failure.",
    parameters=RunCommand,
    describe=_describe,
    risk=Risk.WRITE,
    repeatable=True,  # a box has no way out but its changes, and those of a lost box are lost with it
    command=_compile,
)
