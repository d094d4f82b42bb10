"""The shapes of the two configuration files: a repository's `.github/agent.yml`, and the server's own."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from bot.actions.run_command import SecretName
from bot.plans.model import ErrorHandling
from bot.policy.examples import ExamplePart
from bot.policy.written import PolicyPart, ServerPolicyPart
from bot.restraint import Restraint
from bot.runs import Supersede

MIB = 1024 * 1024

VerbName = Literal[  # bot.verbs.VERBS: a test holds it
    "run",
    "plan",
    "ask",
    "status",
    "cancel",
    "retry",
    "undo",
    "approve",
    "deny",
    "explain",
    "lock",
    "unlock",
    "locks",
    "config",
    "help",
]
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
        default=None, description="Memory of each step's container, in MiB."
    )
    cpus: Annotated[float, Field(ge=0.1, le=256, allow_inf_nan=False)] | None = Field(
        default=None, description="Processors of the box."
    )
    pids: Annotated[int, Field(ge=16, le=32_768)] | None = Field(
        default=None, description="Processes of each step."
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
    artifact_bytes: Annotated[int, Field(ge=1, le=1024 * MIB)] | None = Field(
        default=None, description="Bytes of all artifacts and reports together."
    )
    repository_runs: Annotated[int, Field(ge=1, le=10_000)] | None = Field(
        default=None, description="Runs of this repository at once. What is over waits its turn."
    )
    installation_runs: Annotated[int, Field(ge=1, le=10_000)] | None = Field(
        default=None,
        description="A run starts only while fewer than these go in all its owner's repositories.",
    )


Count = Annotated[int, Field(ge=0, le=1_000_000_000)]
Dollars = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]


class BudgetPart(_Strict):
    """What may be spent on a model; 0 switches it off. What is not named keeps its default."""

    command_calls: Count | None = Field(default=None, description="Calls of a model for one command.")
    command_tokens: Count | None = Field(default=None, description="Tokens for one command.")
    command_usd: Dollars | None = Field(
        default=None, description="US dollars, where the price is known, for one command."
    )
    user_calls: Count | None = Field(
        default=None, description="Calls of a model for one person a day, in all repositories."
    )
    user_tokens: Count | None = Field(
        default=None, description="Tokens for one person a day, in all repositories."
    )
    user_usd: Dollars | None = Field(
        default=None,
        description="US dollars, where the price is known, for one person a day, in all repositories.",
    )
    repository_calls: Count | None = Field(
        default=None, description="Calls of a model for this repository a day."
    )
    repository_tokens: Count | None = Field(default=None, description="Tokens for this repository a day.")
    repository_usd: Dollars | None = Field(
        default=None, description="US dollars, where the price is known, for this repository a day."
    )
    day_calls: Count | None = Field(
        default=None, description="Calls of a model for everybody a day, in all repositories of this server."
    )
    day_tokens: Count | None = Field(
        default=None, description="Tokens for everybody a day, in all repositories of this server."
    )
    day_usd: Dollars | None = Field(
        default=None,
        description="US dollars, where the price is known, for everybody a day, in all repositories.",
    )


class VerbPart(_Strict):
    """What is asked of a person who uses a verb."""

    needs: RoleName = Field(description="The least role that may use it. It can only be raised.")


# Below a top-level domain; the last part begins with a letter, so that an address is none.
_LABEL, _LAST = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", r"[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = rf"^(\*|\*\.({_LABEL}\.)*{_LAST}|({_LABEL}\.)+{_LAST})$"
_SERVICE = r"^[a-z][a-z0-9-]{0,30}$"


def _host(value: str) -> str:
    if not re.match(_HOST, value) or value.endswith("\n"):
        raise ValueError(
            "must be a host's name in small letters, like `packages.example.org`; `*.` before one means all "
            "below it, `*` means all. An address is none."
        )
    return value


def _service_name(value: str) -> str:
    if not re.match(_SERVICE, value) or value.endswith("\n"):
        raise ValueError("must be a name of small letters, digits and `-`, of 31 characters at most.")
    return value


Host = Annotated[str, Field(max_length=253, json_schema_extra={"pattern": _HOST}), AfterValidator(_host)]
ServiceName = Annotated[str, AfterValidator(_service_name)]
Text = Annotated[str, Field(max_length=4096)]


class NetworkPart(_Strict):
    """What steps can reach."""

    allow: Annotated[list[Host], Field(max_length=100)] = Field(
        description="Hosts that steps may reach by HTTP and HTTPS, of those that the server allows: names, "
        "`*.` before one for all below it, or `*`. Without any, nothing is reached."
    )


class ServicePart(_Strict):
    """A program beside the box."""

    image: Annotated[str, Field(min_length=1, max_length=255)] = Field(
        description="Its image, one of those that the server allows."
    )
    env: Annotated[dict[str, Text], Field(max_length=50)] = Field(
        default_factory=dict,
        description="Environment variables. They are shown to everybody: no secrets.",
    )
    port: Annotated[int, Field(ge=1, le=65_535)] | None = Field(
        default=None,
        description="The first step begins when this TCP port is open; without it, the one that the image "
        "exposes, if that is one.",
    )


def _glob(value: str) -> str:
    parts = value.split("/")
    if not value.isprintable() or any(part in ("", ".", "..", ".git") for part in parts):
        raise ValueError(
            "must be a path relative to the repository, without `..`; `*` and `**` may be in it."
        )
    if parts.count("**") > MOST_DEPTHS:
        raise ValueError(f"holds `**` too often: at most {MOST_DEPTHS} times are allowed.")
    return value


MOST_DEPTHS = 3
Glob = Annotated[str, Field(max_length=200), AfterValidator(_glob)]
Globs = Annotated[list[Glob], Field(max_length=50)]


class ReportsPart(_Strict):
    """Reports that tools write into files."""

    junit: Globs = Field(default_factory=list, description="JUnit XML files, from which a table is made.")
    sarif: Globs = Field(default_factory=list, description="SARIF files of scanners, too.")


def _folder(value: str) -> str:
    if "*" in value:
        raise ValueError("must be one folder, without `*`.")
    _glob(value.removeprefix("~/"))
    return value


Folder = Annotated[str, Field(max_length=200), AfterValidator(_folder)]
ShellText = Annotated[str, Field(min_length=1, max_length=4096)]


class SetupPart(_Strict):
    """What is done before the code is there, once."""

    run: Annotated[list[ShellText], Field(min_length=1, max_length=20)] = Field(
        description="Commands for `sh -e`, which find the files that they read, and nothing else of the code."
    )
    reads: Annotated[Globs, Field(min_length=1)] = Field(
        description="The files that they read, such as lock files. While these and the commands stay the "
        "same, what they made is used again."
    )
    keeps: Annotated[list[Folder], Field(max_length=20)] = Field(
        default_factory=list, description="Folders of the workspace that they make. HOME is always kept."
    )
    network: NetworkPart | None = Field(default=None, description="What these commands can reach.")


class CachePart(_Strict):
    """A folder that is kept."""

    path: Folder = Field(description="A folder of the workspace, or of HOME as `~/…`.")
    key: Annotated[Globs, Field(min_length=1)] = Field(
        description="Files whose contents make its key: while they stay the same, it is not kept again."
    )


class _Choices(_Strict):
    """What a repository may choose."""

    limits: LimitsPart = Field(default_factory=LimitsPart, description="What one run may use.")
    budget: BudgetPart = Field(
        default_factory=BudgetPart, description="What may be spent on a model. A day is one of UTC."
    )
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
    model: Annotated[str, Field(min_length=1, max_length=255)] | None = Field(
        default=None,
        description="The model that prose is planned with; one of those that the server allows.",
    )
    supersede: Annotated[Supersede, Field(strict=False)] | None = Field(
        default=None,
        description="What a push to the pull request does to its open runs: `cancel` them, let them `finish` "
        "and say that the head moved, or `never` anything.",
    )
    environment: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")] | None = Field(
        default=None,
        description="What runs hold whose plan names no environment: one at a time holds it.",
    )
    network: NetworkPart | None = Field(default=None, description="What steps can reach.")
    services: Annotated[dict[ServiceName, ServicePart], Field(max_length=10)] | None = Field(
        default=None, description="Programs beside the box, which steps reach by these names."
    )
    artifacts: Globs | None = Field(
        default=None, description="Files and folders that are kept and offered on the run's page."
    )
    reports: ReportsPart | None = Field(default=None, description="Reports that tools write into files.")
    setup: SetupPart | None = Field(default=None, description="What is done before the code is there, once.")
    cache: Annotated[list[CachePart], Field(max_length=10)] | None = Field(
        default=None, description="Folders that are kept from one run to the next."
    )
    verbs: dict[VerbName, VerbPart] = Field(default_factory=dict, description="Who may use which verb.")


class RepositoryFile(_Choices):
    """`.github/agent.yml`, read from the default branch."""

    version: Literal[1] = Field(default=1, description="The version of this format.")
    policy: PolicyPart = Field(
        default_factory=PolicyPart, description="What needs approval or is denied, more than is built in."
    )
    policy_examples: Annotated[list[ExamplePart], Field(max_length=200)] = Field(
        default_factory=list, description="What `devops-agent policy test` holds the policy to."
    )


class RatesPart(_Strict):
    """How much may be asked, and how much is said. What is not named keeps its default."""

    person_commands: Annotated[int, Field(ge=1, le=1_000_000)] | None = Field(
        default=None, description="Commands of one person in a window, in all repositories."
    )
    repository_commands: Annotated[int, Field(ge=1, le=1_000_000)] | None = Field(
        default=None, description="Commands in one repository in a window."
    )
    window_minutes: Annotated[int, Field(ge=1, le=1_440)] | None = Field(
        default=None, description="How long a window is. `cancel`, `deny` and `status` are never counted."
    )
    replies_an_hour: Annotated[int, Field(ge=2, le=1_000_000)] | None = Field(
        default=None, description="Replies in one issue or pull request within an hour."
    )
    replies_a_run: Annotated[int, Field(ge=2, le=1_000_000)] | None = Field(
        default=None, description="Replies about one run, beside its status comment."
    )
    same_reply_minutes: Annotated[int, Field(ge=0, le=60)] | None = Field(
        default=None, description="For how long the same words are not said again in the same place."
    )


class SecretPart(_Strict):
    """Where a secret may be used."""

    repositories: Annotated[list[str], Field(min_length=1)] = Field(
        description="Whose steps may be given it, as `owner/name` with `*`."
    )


class ChannelPart(_Strict):
    """A channel of Slack, by its id."""

    repository: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$", max_length=140)] = Field(
        description="The repository that the channel is about, as `owner/name`. Who reads the channel may "
        "read of its runs."
    )
    announce: Literal["all", "failures", "none"] = Field(
        default="none", description="Which runs that are started on GitHub are announced there."
    )
    workspace: Annotated[str, Field(pattern=r"^(T[A-Z0-9_]+)?$", max_length=32)] = Field(
        default="",
        description="The workspace's id; needed unless it is the one of `DEVOPS_AGENT_SLACK_BOT_TOKEN`.",
    )


class SlackPart(_Strict):
    """What Slack's channels are about."""

    channels: dict[Annotated[str, Field(pattern=r"^[CG][A-Z0-9_]+$", max_length=32)], ChannelPart] = Field(
        default_factory=dict, description="By the channel's id; it goes before what people bind there."
    )


class ServerFile(_Strict):
    """The server's file. Its ceilings hold for every repository."""

    version: Literal[1] = Field(default=1, description="The version of this format.")
    defaults: _Choices = Field(default_factory=_Choices, description="Where a repository says nothing.")
    ceilings: LimitsPart = Field(
        default_factory=LimitsPart,
        description="The most that a repository may choose. Without one, the default is also the most.",
    )
    budget_ceilings: BudgetPart = Field(
        default_factory=BudgetPart,
        description="The most that a repository may choose as a budget. Without one, the default is it.",
    )
    images: list[str] = Field(
        default_factory=list,
        description="The images that a repository may choose for its steps and services.",
    )
    hosts: list[Host] = Field(
        default_factory=list, description="The hosts that a repository may let its steps reach."
    )
    models: list[str] = Field(
        default_factory=list,
        description="The models that a repository may choose, as `provider/model`.",
    )
    repositories: list[str] = Field(
        default_factory=list,
        description="Which repositories are served, as `owner/name` with `*`; an empty list means all.",
    )
    secrets: dict[SecretName, SecretPart] = Field(
        default_factory=dict,
        description="Secrets that steps may ask for by name; the desk reads each from a file of that name in "
        "`DEVOPS_AGENT_SECRETS_DIR`.",
    )
    policy: ServerPolicyPart = Field(
        default_factory=ServerPolicyPart, description="What needs approval or is denied in every repository."
    )

    slack: SlackPart = Field(default_factory=SlackPart, description="What Slack's channels are about.")
    rates: RatesPart = Field(
        default_factory=RatesPart, description="How much may be asked in a while, and how much is said."
    )

    def restraint(self) -> Restraint:
        return Restraint(**self.rates.model_dump(exclude_none=True))

    def choosable_models(self) -> tuple[str, ...]:
        """Those that may hold somewhere, in the server's order."""
        return (*self.models, *([self.defaults.model] if self.defaults.model else []))
