"""What planning gives back: a plan with how it came about, and plans that were shown and can be run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.ids import PlanId
from bot.plans.model import Plan
from bot.policy import Provenance, Provenances

KEPT_FOR = timedelta(days=7)  # how long a shown plan can be run by its id


@dataclass(frozen=True)
class Made:
    """How a model made a plan. `origins` has a mapping from parameter to origin for each step.

    `warnings` are sentences about what it was shown: text in it that speaks to agents, say.
    """

    model: str
    calls: int
    tokens: int
    cost_usd: float | None  # None: nobody knows the price
    origins: tuple[Mapping[str, Provenance], ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Planned:
    """A checked plan. `made` is None when a reader understood the words and no model was asked."""

    plan: Plan
    made: Made | None = None

    @property
    def provenance(self) -> Provenances:
        """Of each parameter of each step; None when a reader made the plan."""
        return None if self.made is None else self.made.origins


@dataclass(frozen=True)
class ShownPlan:
    """A plan that was shown in a conversation. It belongs there: in another one nobody can run it."""

    id: PlanId
    key: str  # of the command that asked for it
    repo_id: int
    number: int
    planned: Planned
    until: datetime


@dataclass(frozen=True)
class Citation:
    """A line that an answer rests on. Lines count from 1."""

    path: str
    line: int


@dataclass(frozen=True)
class Told:
    """A model's answer to a question, untrusted. `dropped` counts citations of what it was never shown.

    `notes` are sentences about it: a link to an unknown host, say.
    """

    text: str
    citations: tuple[Citation, ...]
    dropped: int
    model: str
    tokens: int
    cost_usd: float | None
    notes: tuple[str, ...] = ()
