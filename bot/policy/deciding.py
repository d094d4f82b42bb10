"""The decision: every rule is asked about every step, the strictest answer holds, and silence is a denial."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bot.actions.model import Risk
from bot.plans.model import Plan
from bot.policy.conditions import holds, inputs
from bot.policy.facts import Facts, StepFacts, step_facts
from bot.policy.model import Policy
from bot.policy.rules_builtin import BUILT_IN
from bot.policy.rules_builtin.protected import PROTECTED
from bot.policy.rules_builtin.workflows import WORKFLOWS
from bot.policy.verdict import Approval, Effect, Judgement, Origin, Ruling, StepJudgement
from bot.policy.written import RulePart
from bot.ports import Role
from bot.reports.safe import inline, words

DEFAULT = "default"
_ALLOWING = (Origin.BUILT_IN, Origin.SERVER)  # other files can only make it stricter


def judge(facts: Facts, plan: Plan, policy: Policy) -> Judgement:
    """Whether this plan may begin. Pure: the same facts under the same policy have the same answer."""
    steps = tuple(_judge_step(facts, step, policy) for step in step_facts(facts, plan))
    strictest = _strictest(step.decided for step in steps)
    return Judgement(
        decided=strictest
        or Ruling(DEFAULT, Effect.DENY, "There is no step in this plan, so nothing is allowed."),
        steps=steps,
        policy_version=policy.version,
    )


def judge_changes(facts: Facts, plan: Plan, changed: Iterable[str], policy: Policy) -> tuple[Ruling, ...]:
    """What stands against publishing these paths: rules about paths that no step of the plan told before.

    What a step named was judged with it, and is no surprise; what is denied stays so.
    """
    told = [
        (path, _about_path(facts, path, policy))
        for step in step_facts(facts, plan)
        for path in step.paths or ()
    ]
    found: list[Ruling] = []
    for path in changed:
        before = {_key(ruling) for named, rulings in told if _is_within(path, named) for ruling in rulings}
        found += [
            ruling
            for ruling in _about_path(facts, path, policy)
            if ruling.effect is Effect.DENY or _key(ruling) not in before
        ]
    return tuple(found)


def _judge_step(facts: Facts, step: StepFacts, policy: Policy) -> StepJudgement:
    said = (rule.says(facts, step, policy) for rule in BUILT_IN.values())
    rulings = [*(ruling for ruling in said if ruling is not None), *_written(facts, step, policy)]
    if not any(ruling.effect is Effect.ALLOW and ruling.origin in _ALLOWING for ruling in rulings):
        rulings.append(_nobody_allows(step))
    return StepJudgement(step.index, _strictest(rulings) or _nobody_allows(step), tuple(rulings))


def _strictest(rulings: Iterable[Ruling]) -> Ruling | None:
    """Of equals, the first."""
    return max(rulings, key=lambda ruling: ruling.strictness, default=None)


def _nobody_allows(step: StepFacts) -> Ruling:
    return Ruling(
        DEFAULT,
        Effect.DENY,
        f"No rule allows {inline(step.action_type, limit=60)} here, so it is denied.",
        {"action": step.action_type},
    )


def _written(facts: Facts, step: StepFacts, policy: Policy) -> Iterator[Ruling]:
    for layer in policy.layers:
        for rule in layer.part.rules:
            ruling = _of_written(rule, facts, step, layer.origin)
            if ruling is not None:
                yield ruling


def _of_written(rule: RulePart, facts: Facts, step: StepFacts, origin: Origin) -> Ruling | None:
    """What is not known counts for a rule that makes it stricter, and against one that allows."""
    applies = holds(rule.when, facts, step)
    if applies is False or (applies is None and rule.then is Effect.ALLOW):
        return None
    wanted = rule.approval
    by = Approval(Role(wanted.role), wanted.count, team=wanted.team or "")
    return Ruling(
        rule=rule.name,
        effect=rule.then,
        sentence=words(rule.because) if rule.because else _of_itself(rule.name, rule.then, origin),
        inputs=inputs(rule.when, facts, step),
        origin=origin,
        approval=by if rule.then is Effect.APPROVAL else None,
    )


def _of_itself(name: str, effect: Effect, origin: Origin) -> str:
    verb = {Effect.ALLOW: "allows it", Effect.APPROVAL: "asks for approval", Effect.DENY: "denies it"}[effect]
    return f"The rule `{name}` of the {origin}'s policy {verb}."


def _about_path(facts: Facts, path: str, policy: Policy) -> list[Ruling]:
    """Only what is said because of this path: all else was judged before the run began."""
    step = StepFacts(index=0, action_type="open_pull_request", risk=Risk.WRITE, paths=(path,))
    said = [rule.says(facts, step, policy) for rule in (WORKFLOWS, PROTECTED)]
    written = [
        _of_written(rule, facts, step, layer.origin)
        for layer in policy.layers
        for rule in layer.part.rules
        if rule.when.paths is not None and rule.then is not Effect.ALLOW
    ]
    return [ruling for ruling in (*said, *written) if ruling is not None]


def _key(ruling: Ruling) -> tuple[Origin, str]:
    return ruling.origin, ruling.rule


def _is_within(path: str, named: str) -> bool:
    return path == named or path.startswith(f"{named}/")
