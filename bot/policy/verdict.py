"""What a rule says, and what all of them say together: allow, approval or deny, always with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.policy.need import Need
from bot.ports import Role


class Effect(StrEnum):
    """From the mildest to the strictest."""

    ALLOW = "allow"
    APPROVAL = "approval"
    DENY = "deny"

    @property
    def strictness(self) -> int:
        return list(Effect).index(self)


class Origin(StrEnum):
    """Whose rule it is."""

    BUILT_IN = "built-in"
    SERVER = "server"
    ORGANISATION = "organisation"
    REPOSITORY = "repository"


@dataclass(frozen=True)
class Approval:
    """By whom: so many people with this role or higher, none of whom asked for it if it is `by_another`, each
    in this team, if one is named."""

    role: Role
    count: int = 1
    by_another: bool = True
    team: str = ""


@dataclass(frozen=True)
class Ruling:
    """What one rule says of one step, in a whole sentence, with what it looked at."""

    rule: str
    effect: Effect
    sentence: str
    inputs: Mapping[str, str] = field(default_factory=dict)
    origin: Origin = Origin.BUILT_IN
    approval: Approval | None = None  # of an approval, and only of one

    @property
    def strictness(self) -> tuple[int, int, int, bool]:
        """To be compared: a denial is stricter than any approval, a higher role than more people, and those
        than a team."""
        wanted = self.approval
        if wanted is None:
            return self.effect.strictness, 0, 0, False
        return self.effect.strictness, list(Role).index(wanted.role), wanted.count, bool(wanted.team)


@dataclass(frozen=True)
class StepJudgement:
    """What holds for one step: the strictest ruling `decided`; `rulings` are all of them."""

    index: int
    decided: Ruling
    rulings: tuple[Ruling, ...]

    @property
    def effect(self) -> Effect:
        return self.decided.effect


@dataclass(frozen=True)
class Judgement:
    """What holds for a plan. It is as strict as its strictest step."""

    decided: Ruling
    steps: tuple[StepJudgement, ...]
    policy_version: str  # the digest of the policy that was in force

    @property
    def effect(self) -> Effect:
        return self.decided.effect

    @property
    def needs(self) -> tuple[Need, ...]:
        """All approvals that are needed, one a rule, in the order of their first steps."""
        found: dict[tuple[str, str, Approval], list[tuple[int, str]]] = {}
        for step in self.steps:
            for ruling in step.rulings:
                if ruling.approval is not None:
                    key = (ruling.origin, ruling.rule, ruling.approval)
                    found.setdefault(key, []).append((step.index, ruling.sentence))
        return tuple(
            Need(
                steps=tuple(index for index, _ in told),
                role=wanted.role,
                count=wanted.count,
                by_another=wanted.by_another,
                sentence=_together([sentence for _, sentence in told]),
                rule=rule,
                team=wanted.team,
            )
            for (_, rule, wanted), told in found.items()
        )


TOLD = 3


def _together(sentences: list[str]) -> str:
    """Each once; of many the first ones and how many more there are."""
    different = list(dict.fromkeys(sentences))
    more = len(different) - TOLD
    return " ".join([*different[:TOLD], *([f"And {more} more like it."] if more > 0 else [])])
