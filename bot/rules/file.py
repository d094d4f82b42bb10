"""The shapes of the two configuration files: a repository's `.github/agent.yml`, and the server's own."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.plans.model import ErrorHandling

MIB = 1024 * 1024

VerbName = Literal["run", "plan", "status", "config", "help"]
RoleName = Literal["read", "triage", "write", "maintain", "admin"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class LimitsPart(_Strict):
    """What one run may use. What is not named keeps its default."""

    max_actions: Annotated[int, Field(ge=1, le=1000)] | None = Field(
        default=None, description="Steps in a plan."
    )
    parallel_steps: Annotated[int, Field(ge=1, le=64)] | None = Field(
        default=None, description="Steps that run at the same time."
    )
    step_timeout_s: Annotated[int, Field(ge=1, le=86_400)] | None = Field(
        default=None, description="Seconds for a step."
    )
    run_timeout_s: Annotated[int, Field(ge=1, le=86_400)] | None = Field(
        default=None, description="Seconds for a run."
    )
    memory_mb: Annotated[int, Field(ge=16, le=1_048_576)] | None = Field(
        default=None, description="Memory of the box, in MiB."
    )
    cpus: Annotated[float, Field(ge=0.1, le=256, allow_inf_nan=False)] | None = Field(
        default=None, description="Processors of the box."
    )
    pids: Annotated[int, Field(ge=16, le=32_768)] | None = Field(
        default=None, description="Processes in the box."
    )
    workspace_mb: Annotated[int, Field(ge=16, le=1_048_576)] | None = Field(
        default=None, description="Size of /workspace, in MiB."
    )
    tmp_mb: Annotated[int, Field(ge=1, le=1_048_576)] | None = Field(
        default=None, description="Size of /tmp, in MiB."
    )
    log_bytes: Annotated[int, Field(ge=1024, le=10_240 * MIB)] | None = Field(
        default=None, description="Bytes that are kept of a run's output."
    )
    patch_bytes: Annotated[int, Field(ge=1, le=1024 * MIB)] | None = Field(
        default=None, description="Bytes of all changed files together."
    )
    patch_files: Annotated[int, Field(ge=1, le=100_000)] | None = Field(
        default=None, description="Changed files."
    )


class VerbPart(_Strict):
    """What is asked of a person who uses a verb."""

    needs: RoleName = Field(description="The least role that may use it. It can only be raised.")


class _Choices(_Strict):
    """What a repository may choose."""

    limits: LimitsPart = Field(default_factory=LimitsPart, description="What one run may use.")
    error_handling: Annotated[ErrorHandling, Field(strict=False)] | None = Field(
        default=None,
        description="After a failed step: `stop`, or `continue` with what does not depend on it.",
    )
    pull_request: bool | None = Field(
        default=None, description="Whether a run that changed files ends with a pull request."
    )
    image: Annotated[str, Field(min_length=1, max_length=255)] | None = Field(
        default=None, description="The image that the box starts from; one of those that the server allows."
    )
    verbs: dict[VerbName, VerbPart] = Field(default_factory=dict, description="Who may use which verb.")


class RepositoryFile(_Choices):
    """`.github/agent.yml`, read from the default branch."""

    version: Literal[1] = Field(default=1, description="The version of this format.")


class ServerFile(_Strict):
    """The server's file. Its ceilings hold for every repository."""

    version: Literal[1] = Field(default=1, description="The version of this format.")
    defaults: _Choices = Field(default_factory=_Choices, description="Where a repository says nothing.")
    ceilings: LimitsPart = Field(
        default_factory=LimitsPart,
        description="The most that a repository may choose. Without one, the default is also the most.",
    )
    images: list[str] = Field(default_factory=list, description="The images that a repository may choose.")
    repositories: list[str] = Field(
        default_factory=list,
        description="Which repositories are served, as `owner/name` with `*`; an empty list means all.",
    )
