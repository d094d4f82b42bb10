"""The shapes of the section `policy` in the configuration files: rules, windows, and what is protected."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from bot.actions.model import Risk
from bot.policy.facts import Came, Provenance, Reader
from bot.policy.verdict import Effect
from bot.policy.windows import Window
from bot.ports import Ci

ActionName = Literal[  # bot.actions.ACTIONS: a test holds it
    "run_command",
    "create_directory",
    "write_file",
    "delete_path",
    "apply_patch",
    "open_pull_request",
    "undo_run",
]
BeginsName = Literal["run", "retry"]  # the verbs that begin something: a test holds it
ApproverName = Literal["write", "maintain", "admin"]


def _glob(value: str) -> str:
    if value.startswith("/") or value.endswith("/") or "\\" in value:
        raise ValueError("must be a pattern like `docs/**`, with no `/` at its beginning or end.")
    return value


Glob = Annotated[
    str,
    Field(min_length=1, max_length=200, json_schema_extra={"pattern": r"^[^/\\]([^\\]*[^/\\])?$"}),
    AfterValidator(_glob),
]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


TeamName = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,39}/[a-z0-9_-]{1,100}$")]


class When(_Strict):
    """When a rule applies: all that is named must hold. A rule that names nothing always applies."""

    verb: list[BeginsName] | None = Field(default=None, description="The verb that begins it.")
    action: list[ActionName] | None = Field(default=None, description="The type of the step.")
    risk: list[Annotated[Risk, Field(strict=False)]] | None = Field(
        default=None, description="The risk of the step's type."
    )
    paths: list[Glob] | None = Field(
        default=None,
        description="A path that the step names, or that the run changed in the end, is like one of these.",
    )
    branches: list[Glob] | None = Field(
        default=None,
        description="The branch that gets the changes, or the one they are to end in, is like one of these.",
    )
    repositories: list[Glob] | None = Field(default=None, description="The repository, as `owner/name`.")
    role_below: ApproverName | None = Field(
        default=None, description="Whoever asks has a lower role than this."
    )
    outside_teams: Annotated[list[TeamName], Field(min_length=1, max_length=10)] | None = Field(
        default=None, description="Whoever asks is in none of these teams, `organisation/team`."
    )
    came: list[Annotated[Came, Field(strict=False)]] | None = Field(
        default=None, description="How the request came."
    )
    from_fork: bool | None = Field(default=None, description="Whether the code comes from a fork.")
    draft: bool | None = Field(default=None, description="Whether the pull request is a draft.")
    reader: list[Annotated[Reader, Field(strict=False)]] | None = Field(
        default=None, description="What made the plan: `data` as written, `words` by fixed rules, a `model`."
    )
    provenance: list[Annotated[Provenance, Field(strict=False)]] | None = Field(
        default=None, description="A value of the step came from there."
    )
    freeze: list[Window] | None = Field(default=None, description="It is asked for in one of these windows.")
    ci: list[Annotated[Ci, Field(strict=False)]] | None = Field(
        default=None,
        description="How the other checks and statuses of the commit stand: all `green`, one `red`, or "
        "`unknown` while some go on or there are none.",
    )
    reviews_below: Annotated[int, Field(ge=1, le=10)] | None = Field(
        default=None,
        description="Fewer people than this, who may write, approve the pull request as it is now.",
    )
    locked: bool | None = Field(
        default=None, description="Whether somebody else holds the lock of the plan's environment."
    )


class ApprovalPart(_Strict):
    """By whom. Never by whoever asked."""

    role: ApproverName = Field(default="maintain", description="The least role of an approver.")
    count: Annotated[int, Field(ge=1, le=10)] = Field(default=1, description="How many people.")
    team: TeamName | None = Field(
        default=None, description="The team, `organisation/team`, in which each of them is as well."
    )


class RulePart(_Strict):
    """One rule. Of all that apply the strictest holds."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9 _-]{0,59}$")] = Field(
        description="By which the rule is named where it decided: small letters, digits, spaces, `-`, `_`."
    )
    when: When = Field(default_factory=When, description="When it applies; without it, always.")
    then: Annotated[Effect, Field(strict=False)] = Field(description="What follows.")
    approval: ApprovalPart = Field(
        default_factory=ApprovalPart, description="By whom, where the rule says `approval`."
    )
    because: Annotated[str, Field(min_length=1, max_length=300)] | None = Field(
        default=None, description="A whole sentence for the person who asked."
    )


class PolicyPart(_Strict):
    """What needs approval or is denied here. It is added to what is built in, and only makes it stricter."""

    rules: Annotated[list[RulePart], Field(max_length=100)] = Field(
        default_factory=list, description="Rules; of all that apply the strictest holds."
    )
    freeze: list[Window] = Field(
        default_factory=list, description="When all that writes needs approval by someone who maintains."
    )
    lock_files: bool = Field(
        default=False, description="Whether lock files (`uv.lock`, `package-lock.json` …) are protected, too."
    )


class ServerPolicyPart(PolicyPart):
    """The server's part, which holds in every repository."""

    bots: list[Annotated[int, Field(gt=0)]] = Field(
        default_factory=list, description="The ids of the Apps whose bots may ask. A name is never enough."
    )
