"""Who may do what: pure decisions that give their reasons, and deny what no rule allows."""

from bot.policy.deciding import judge, judge_changes
from bot.policy.facts import (
    Came,
    Facts,
    Provenance,
    Provenances,
    Reader,
    Site,
    State,
    StepFacts,
    Who,
    by_its_author,
    reader_of,
    step_facts,
)
from bot.policy.granting import Denial, Grant, NeedsRole, Raises, granted_actions, needed_role, permit
from bot.policy.model import Layer, Policy
from bot.policy.need import Need
from bot.policy.verdict import Approval, Effect, Judgement, Origin, Ruling, StepJudgement

__all__ = [
    "Approval",
    "Came",
    "Denial",
    "Effect",
    "Facts",
    "Grant",
    "Judgement",
    "Layer",
    "Need",
    "NeedsRole",
    "Origin",
    "Policy",
    "Provenance",
    "Provenances",
    "Raises",
    "Reader",
    "Ruling",
    "Site",
    "State",
    "StepFacts",
    "StepJudgement",
    "Who",
    "by_its_author",
    "granted_actions",
    "judge",
    "judge_changes",
    "needed_role",
    "permit",
    "reader_of",
    "step_facts",
]
