"""The steps of a run, as a table for people who want all and as lines for people who want the point."""

from __future__ import annotations

from bot.reports import phrases, safe
from bot.runs import Run, Step, StepState

FEW = 12  # steps that a comment lists one by one


def table(run: Run, *, limit: int) -> str:
    """Number, what, state, time, note; in at most `limit` bytes."""
    for what, note in ((120, 200), (60, 80), (30, 30)):
        lines = [*_HEAD, *(_row(run, step, what, note) for step in run.steps)]
        text = "\n".join(lines)
        if len(text.encode()) <= limit:
            return text
    return _cut(lines, limit)


_HEAD = ["| # | Step | State | Time | Note |", "| ---: | --- | --- | ---: | --- |"]


def _row(run: Run, step: Step, what: int, note: int) -> str:
    cells = (
        str(step.index + 1),
        safe.words(phrases.name(step), limit=what),
        phrases.STEP_WORDS[step.state],
        phrases.took(step),
        safe.words(phrases.note(run, step), limit=note),
    )
    return f"| {' | '.join(cells)} |"


def _cut(lines: list[str], limit: int) -> str:
    room = limit - 80
    kept = 0
    while kept < len(lines) and room >= len(lines[kept].encode()) + 1:
        room -= len(lines[kept].encode()) + 1
        kept += 1
    return "\n".join(
        [*lines[:kept], "", f"{phrases.count(len(lines) - kept, 'more step')} on the run's page."]
    )


def lines(run: Run) -> str:
    """A bullet a step; of a long run only what went wrong and what runs now."""
    shown = [step for step in run.steps if len(run.steps) <= FEW or _worth(step)][:FEW]
    bullets = [_line(run, step) for step in shown]
    rest = len(run.steps) - len(shown)
    if rest:
        bullets.append(
            f"- {phrases.count(rest, 'more step')}: {_tally(run, {step.index for step in shown})}."
        )
    return "\n".join(bullets)


def _worth(step: Step) -> bool:
    return step.state.bad or step.state is StepState.RUNNING


def _line(run: Run, step: Step) -> str:
    what = safe.words(phrases.name(step), limit=120).rstrip(".")
    time = "" if step.seconds is None else f" ({phrases.duration(step.seconds)})"
    note = safe.words(phrases.sentence(phrases.note(run, step)), limit=160)
    ending = f". {note}" if note else "."
    return f"- Step {step.index + 1}, {what}: {phrases.STEP_WORDS[step.state]}{time}{ending}"


def _tally(run: Run, shown: set[int]) -> str:
    counts: dict[str, int] = {}
    for step in run.steps:
        if step.index not in shown:
            word = phrases.STEP_WORDS[step.state]
            counts[word] = counts.get(word, 0) + 1
    return phrases.joined([f"{number} {word}" for word, number in counts.items()])
