"""The check run on a change of the configuration: what is wrong with it, or what it would do."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace

from bot.ids import Sha
from bot.limits import Limits
from bot.policy import Effect
from bot.policy.examples import Outcome
from bot.policy.replaying import Difference
from bot.ports import Annotation, CheckRun, Conclusion, Level
from bot.reports import phrases
from bot.reports.safe import cell, cut_bytes, inline
from bot.rules import FILE, Rules, equipping
from bot.rules.reading import Problem
from bot.spending import Allowances

NAME = "devops-agent / configuration"
MOST_ROWS = 60
MOST_ANNOTATIONS = 50
MOST_BYTES = 60_000
_BAR, _ESCAPED = re.compile(r"(?<!\\)\|"), r"\\|"  # in a table a bar ends the cell, also one in code
_WOULD = {
    Effect.ALLOW: "would begin without an approval",
    Effect.APPROVAL: "would need approval",
    Effect.DENY: "would be denied",
}


@dataclass(frozen=True)
class Review:
    """What a changed file would do. `before` is None where the file in force cannot be used itself.

    `past` are the runs of `judged` that would be decided otherwise.
    """

    before: Rules | None
    after: Rules
    examples: Sequence[Outcome]
    past: Sequence[Difference]
    judged: int
    deleted: bool


def unusable(key: str, head: Sha, why: str, problems: Sequence[Problem], url: str) -> CheckRun:
    """It would stop every command, so nobody should merge it. `why` is told where no line is to blame."""
    marked = [
        Annotation(FILE, each.line, Level.FAILURE, str(each)[:1000], title="This cannot be used")
        for each in problems[:MOST_ANNOTATIONS]
    ]
    title = "The configuration cannot be used" + (
        f": {phrases.count(len(problems), 'mistake')}." if problems else "."
    )
    listed = "\n".join(f"- {problem}" for problem in problems)
    summary = f"{listed or why}\n\nMerged like this, it would stop every command in this repository."
    check = _check(key, head, url, title=title, summary=summary, conclusion=Conclusion.FAILURE)
    return replace(check, annotations=tuple(marked))


def usable(key: str, head: Sha, review: Review, url: str) -> CheckRun:
    """What would hold, what the examples say, and which past runs would have gone otherwise."""
    changes = list(_changes(review))
    wrong = [each for each in review.examples if not each.as_expected]
    title = (
        f"{phrases.count(len(wrong), 'example')} not as expected."
        if wrong
        else f"{phrases.count(len(changes), 'change')}; "
        f"{phrases.count(len(review.past), 'past run')} would have been decided otherwise."
    )
    parts = [
        f"`{FILE}` is deleted: what the organisation and the server say holds alone."
        if review.deleted
        else "",
        _table(("Key", "Now", "With this"), changes) if changes else "Nothing that holds now would change.",
        "\n".join(f"- {note}" for note in review.after.notes),
        _examples(review.examples, wrong),
        _past(review),
        "This is what the file of this commit would do; what holds is that of the default branch.",
    ]
    summary = "\n\n".join(part for part in parts if part)
    conclusion = Conclusion.FAILURE if wrong else Conclusion.SUCCESS
    return _check(key, head, url, title=title, summary=summary, conclusion=conclusion)


def _check(key: str, head: Sha, url: str, *, title: str, summary: str, conclusion: Conclusion) -> CheckRun:
    return CheckRun(
        name=NAME,
        head_sha=head,
        external_id=key,
        details_url=url,
        status="completed",
        title=title,
        summary=cut_bytes(summary, MOST_BYTES),
        text="",
        conclusion=conclusion,
    )


def _changes(review: Review) -> Iterator[tuple[str, str, str]]:
    before = {} if review.before is None else _values(review.before)
    after = _values(review.after)
    for key in sorted({*before, *after}):
        now, then = before.get(key, "–"), after.get(key, "–")
        if now != then:
            yield cell(key), cell(now), cell(then)


def _values(rules: Rules) -> dict[str, str]:
    """Everything that holds, by key, as texts that can be compared and shown."""
    plain = {
        "error_handling": str(rules.error_handling),
        "pull_request": "true" if rules.pull_request else "false",
        "image": rules.image or "the server's",
        "model": rules.model or "the server's",
        "supersede": str(rules.supersede),
        "environment": rules.environment or "none",
        **equipping.shown(rules.equipment),
    }
    numbers = {f"limits.{each.name}": str(getattr(rules.limits, each.name)) for each in fields(Limits)}
    spent = {f"budget.{each.name}": str(getattr(rules.budget, each.name)) for each in fields(Allowances)}
    needs = {f"verbs.{verb}.needs": str(role) for verb, role in rules.needs.items()}
    return {**plain, **numbers, **spent, **needs, **dict(_policy(rules))}


def _policy(rules: Rules) -> Iterator[tuple[str, str]]:
    for layer in rules.policy.layers:
        for rule in layer.part.rules:
            said = rule.model_dump(mode="json", exclude_defaults=True, exclude={"name"})
            yield f"policy.rules: {rule.name} ({layer.origin})", json.dumps(said, ensure_ascii=False)
        for number, window in enumerate(layer.part.freeze, start=1):
            when = f"{window.begins} to {window.ends}, {window.timezone}"
            yield f"policy.freeze {number} ({layer.origin})", when
        if layer.part.lock_files:
            yield f"policy.lock_files ({layer.origin})", "true"


def _examples(examples: Sequence[Outcome], wrong: Sequence[Outcome]) -> str:
    if not examples:
        return ""
    lines = [
        f"- {inline(each.example.name, limit=100)}: {each.decided.effect} by {inline(each.decided.rule)}, "
        f"expected {each.example.expect}. {each.decided.sentence}"
        for each in wrong
    ]
    head = f"{phrases.count(len(examples), 'example')}, {len(wrong)} not as expected."
    return "\n".join([head, "", *lines])


def _past(review: Review) -> str:
    if not review.judged:
        return "There is no past run here to judge by it."
    said = f"Of the last {phrases.count(review.judged, 'run')} here, "
    if not review.past:
        return f"{said}each would have been decided as it was."
    rows = [
        (
            cell(each.run.id),
            f"#{each.run.target.number}" if each.run.target.number else "default branch",
            _WOULD[each.ruling.effect],
            f"{cell(each.ruling.rule)}: {_BAR.sub(_ESCAPED, each.ruling.sentence)}",
        )
        for each in review.past
    ]
    table = _table(("Run", "Where", "With this", "Rule"), rows)
    return f"{said}{len(review.past)} would have been decided otherwise:\n\n{table}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Of cells that are Markdown already."""
    lines = [f"| {' | '.join(row)} |" for row in rows[:MOST_ROWS]]
    more = len(rows) - MOST_ROWS
    end = [f"\n… and {more} more."] if more > 0 else []
    return "\n".join([f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}", *lines, *end])
