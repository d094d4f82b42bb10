"""Examples beside the rules: a request with what is special about it, and the verdict it should get."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.ids import Repo
from bot.plans.model import Action, Plan
from bot.policy.deciding import judge, judge_changes
from bot.policy.facts import Came, Facts, Provenance, Reader, Site, State, Who
from bot.policy.granting import granted_actions
from bot.policy.model import Policy
from bot.policy.verdict import Effect, Ruling
from bot.policy.windows import Moment, minute_of_week
from bot.policy.written import ActionName, BeginsName, TeamName
from bot.ports import Ci, Role

_MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
_QUARTERS = 7 * 24 * 4


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Given(_Strict):
    """What is special. All else is ordinary: a writer's command on a branch of the repository itself."""

    role: Literal["none", "read", "triage", "write", "maintain", "admin"] = Field(
        default="write", description="The role of whoever asks."
    )
    teams: list[TeamName] = Field(default_factory=list, description="The teams in which whoever asks is.")
    verb: BeginsName = Field(default="run", description="The verb that begins it.")
    came: Annotated[Came, Field(strict=False)] = Field(
        default=Came.GITHUB, description="How the request came."
    )
    action: ActionName = Field(default="run_command", description="The type of the one step.")
    path: Annotated[str, Field(min_length=1, max_length=1024)] = Field(
        default="example.txt", description="What the step names, or what its command changes."
    )
    repository: Annotated[str, Field(pattern=r"^[^/\s]+/[^/\s]+$")] = Field(
        default="example/example", description="The repository, as `owner/name`."
    )
    branch: Annotated[str, Field(min_length=1)] = Field(
        default="example", description="The branch that gets the changes."
    )
    base: Annotated[str, Field(min_length=1)] = Field(
        default="main", description="The branch that the changes are to end in."
    )
    from_fork: bool = Field(default=False, description="Whether the code comes from a fork.")
    draft: bool = Field(default=False, description="Whether the pull request is a draft.")
    reader: Annotated[Reader, Field(strict=False)] = Field(
        default=Reader.DATA, description="What made the plan."
    )
    provenance: Annotated[Provenance, Field(strict=False)] = Field(
        default=Provenance.AUTHOR, description="Where the values of the step came from."
    )
    ci: Annotated[Ci, Field(strict=False)] = Field(
        default=Ci.GREEN, description="How the other checks of the commit stand."
    )
    reviews: Annotated[int, Field(ge=0, le=100)] = Field(
        default=10, description="How many people who may write approve the commit."
    )
    locked: bool = Field(default=False, description="Whether somebody else holds the environment's lock.")
    at: Moment | None = Field(
        default=None, description="When, in UTC, like `fri 17:00`; without it, outside of every window."
    )


class ExamplePart(_Strict):
    """An example that `devops-agent policy test` runs."""

    name: Annotated[str, Field(min_length=1, max_length=100)] = Field(description="What it shows.")
    given: Given = Field(default_factory=Given, description="What is special about it.")
    expect: Annotated[Effect, Field(strict=False)] = Field(description="The verdict it should get.")
    rule: Annotated[str, Field(min_length=1, max_length=60)] | None = Field(
        default=None, description="The rule that should decide; without it, whichever."
    )


@dataclass(frozen=True)
class Outcome:
    """What became of an example."""

    example: ExamplePart
    decided: Ruling

    @property
    def as_expected(self) -> bool:
        wanted = self.example
        return self.decided.effect is wanted.expect and wanted.rule in (None, self.decided.rule)


def try_out(example: ExamplePart, policy: Policy) -> Outcome:
    """The verdict on the step, together with that on what it changed."""
    given = example.given
    action = Action(given.action, _PARAMETERS[given.action](given.path), "An example.")
    facts = _facts(given, action, policy)
    plan = Plan((action,))
    rulings = [judge(facts, plan, policy).decided, *judge_changes(facts, plan, [given.path], policy)]
    return Outcome(example, max(rulings, key=lambda ruling: ruling.strictness))


def _facts(given: Given, action: Action, policy: Policy) -> Facts:
    owner, _, name = given.repository.partition("/")
    return Facts(
        who=Who(
            id=1,
            role=Role(given.role),
            is_bot=False,
            requester_id=1,
            came=given.came,
            teams={team: team in given.teams for team in policy.teams},
        ),
        site=Site(Repo(owner, name), given.branch, given.base, given.from_fork, given.draft),
        state=State(_moment(given, policy), given.ci, given.reviews, "somebody" if given.locked else ""),
        verb=given.verb,
        granted=granted_actions("run"),
        reader=given.reader,
        provenance=(dict.fromkeys(action.parameters, given.provenance),),
    )


def _moment(given: Given, policy: Policy) -> datetime:
    """In a week of no meaning."""
    return _MONDAY + timedelta(minutes=minute_of_week(given.at)) if given.at else _outside(policy)


def _outside(policy: Policy) -> datetime:
    """The first quarter of an hour of the week in which no window holds; its first one if there is none."""
    windows = [*policy.freeze]
    for layer in policy.layers:
        windows += [window for rule in layer.part.rules for window in rule.when.freeze or ()]
    quarters = (_MONDAY + timedelta(minutes=15 * count) for count in range(_QUARTERS))
    return next((at for at in quarters if not any(window.holds(at) for window in windows)), _MONDAY)


_PARAMETERS: Mapping[str, Callable[[str], dict[str, Any]]] = {
    "run_command": lambda _: {"command": "true"},
    "create_directory": lambda path: {"path": path},
    "write_file": lambda path: {"path": path, "content": ""},
    "delete_path": lambda path: {"path": path},
    "apply_patch": lambda path: {"patch": f"--- a/{path}\n+++ b/{path}\n@@ -1 +1 @@\n-a\n+b\n"},
    "open_pull_request": lambda _: {},
    "undo_run": lambda _: {"run": "0123456789"},
}
