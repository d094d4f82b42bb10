"""Why each step of a run was allowed, denied or parked: the rule that decided, with what it looked at."""

from __future__ import annotations

from bot.policy.verdict import Effect, Judgement, Ruling, StepJudgement
from bot.reports import safe
from bot.runs import Run

_WORDS = {Effect.ALLOW: "allowed", Effect.APPROVAL: "needs approval", Effect.DENY: "denied"}


def explained(run: Run, judgement: Judgement | None) -> str:
    """Markdown: a row a step, and the version of the policy that said so."""
    if judgement is None:
        return f"Run {safe.inline(run.id)} is older than the policy, so there is nothing to explain."
    rows = [
        "| # | Action | Verdict | Rule | Why | It looked at |",
        "| ---: | --- | --- | --- | --- | --- |",
        *(_row(run, step) for step in judgement.steps),
    ]
    version = f"Policy `{judgement.policy_version[:12]}`, plan `{run.plan.digest[:12]}`."
    head = f"Why run {safe.inline(run.id)} {_stands(judgement)}, step by step:"
    return safe.cut_bytes("\n\n".join([head, "\n".join(rows), version]))


def _stands(judgement: Judgement) -> str:
    return {
        Effect.ALLOW: "was allowed",
        Effect.APPROVAL: "needed an approval",
        Effect.DENY: "was denied",
    }[judgement.effect]


def _row(run: Run, step: StepJudgement) -> str:
    ruling = step.decided
    cells = (
        str(step.index + 1),
        safe.cell(run.plan.actions[step.index].action_type),
        _WORDS[ruling.effect],
        f"{ruling.origin} {safe.cell(ruling.rule)}",
        ruling.sentence.replace("|", "\\|"),  # Markdown of ours; a bar would end the cell
        _inputs(ruling),
    )
    return f"| {' | '.join(cells)} |"


def _inputs(ruling: Ruling) -> str:
    return ", ".join(f"{safe.cell(name)} = {safe.cell(value)}" for name, value in ruling.inputs.items())
