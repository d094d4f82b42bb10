"""The check run of a run: its title, its table of steps, the end of each step's log, its buttons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.forecast import Outlook
from bot.ports import Annotation, Button, CheckRun, Conclusion
from bot.reports import outcome, phrases, results, safe, steps
from bot.reports.headline import headline
from bot.runs import Run, RunState, StepState

NAME = "devops-agent / run"
AGAIN = Button(label="Re-run", description="Do all of the plan again.", identifier="again")
APPROVE = Button(label="Approve", description="Let it run as it is shown.", identifier="approve")
DENY = Button(label="Deny", description="It shall not run.", identifier="deny")
EXPLAIN = Button(label="Explain", description="Why it waits, rule by rule.", identifier="explain")
RETRY_FAILED = Button(label="Retry failed", description="Do again what failed.", identifier="retry_failed")

# Neutral satisfies a required check, so no run is: one that never began has shown nothing.
CONCLUSIONS = {
    RunState.PARKED: Conclusion.ACTION_REQUIRED,  # GitHub shows buttons on completed check runs only
    RunState.SUCCEEDED: Conclusion.SUCCESS,
    RunState.FAILED: Conclusion.FAILURE,
    RunState.CANCELLED: Conclusion.CANCELLED,
    RunState.TIMED_OUT: Conclusion.TIMED_OUT,
    RunState.DENIED: Conclusion.ACTION_REQUIRED,
    RunState.EXPIRED: Conclusion.ACTION_REQUIRED,
    RunState.BUDGET_EXHAUSTED: Conclusion.FAILURE,
}


def check(
    run: Run,
    *,
    tails: Mapping[int, str],
    page_url: str,
    annotations: Sequence[Annotation] = (),
    outlook: Outlook | None = None,
) -> CheckRun:
    """What the check run of this run should show now. `tails` holds the end of each step's output, raw."""
    return CheckRun(
        name=NAME,
        head_sha=run.target.sha,
        external_id=run.id,
        details_url=page_url,
        status=_status(run.state),
        conclusion=CONCLUSIONS.get(run.state),
        title=headline(run, tails, outlook),
        summary=_summary(run, page_url, outlook),
        text=_logs(run, tails, page_url),
        started_at=run.started_at or run.queued_at,
        completed_at=run.queued_at if run.state is RunState.PARKED else run.ended_at,
        annotations=tuple(annotations),
        buttons=_buttons(run),
    )


def _buttons(run: Run) -> tuple[Button, ...]:
    if run.state is RunState.PARKED:
        return (APPROVE, DENY, EXPLAIN)
    if not run.state.final:
        return ()
    return (AGAIN,) if run.state is RunState.SUCCEEDED else (RETRY_FAILED, AGAIN)


def _status(state: RunState) -> str:
    if state is RunState.QUEUED:
        return "queued"
    return "completed" if state in CONCLUSIONS else "in_progress"


def _summary(run: Run, page_url: str, outlook: Outlook | None) -> str:
    # The headline is the title, which stands above.
    head = outcome.sentences(run, page_url=page_url, outlook=outlook)
    told = results.table(run.results)
    foot = [*([told] if told else []), outcome.facts(run, page_url=page_url), outcome.digest(run)]
    room = safe.GITHUB_TEXT - sum(len(part.encode()) + 2 for part in (*head, *foot))
    return safe.cut_bytes("\n\n".join([*head, steps.table(run, limit=room), *foot]))


def _logs(run: Run, tails: Mapping[int, str], page_url: str) -> str:
    """Every step that wrote something gets a share; the ones that went wrong get four times as much."""
    told = [step for step in run.steps if tails.get(step.index, "").strip()]
    if not told:
        return "No step wrote any output." if run.state.final else "There is no output yet."
    foot = f"The whole log is {phrases.link('on the page of this run', page_url)}."
    heads = {
        step.index: f"### Step {step.index + 1}: {safe.words(phrases.name(step), limit=80)}\n\n"
        for step in told
    }
    room = safe.GITHUB_TEXT - len(foot.encode()) - sum(len(head.encode()) + 2 for head in heads.values())
    weights = {step.index: 4 if step.state.bad or step.state is StepState.RUNNING else 1 for step in told}
    sizes = {step.index: len(tails[step.index].encode("utf-8", "replace")) for step in told}
    blocks: dict[int, str] = {}
    for index in sorted(
        weights, key=lambda index: sizes[index] / weights[index]
    ):  # what needs least goes first
        share = (
            room * weights[index] // sum(weight for other, weight in weights.items() if other not in blocks)
        )
        before = max(0, run.steps[index].output_bytes - sizes[index])
        blocks[index] = heads[index] + safe.fence_within(tails[index], share, before=before)
        room -= len(blocks[index].encode()) - len(heads[index].encode())
    return safe.cut_bytes("\n\n".join([*(blocks[step.index] for step in told), foot]))
