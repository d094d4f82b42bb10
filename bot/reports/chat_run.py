"""A run as a message of a chat: how it stands, its steps, the end of its output, what can be pressed."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from bot.actions import ACTIONS
from bot.actions.model import Risk
from bot.chat.message import (
    Buttons,
    Confirm,
    Footnote,
    Heading,
    Look,
    Message,
    Open,
    Output,
    Part,
    Press,
    Prose,
    Steps,
    Task,
    TaskState,
)
from bot.forecast import Outlook
from bot.reports import gates, outcome, phrases, results, safe
from bot.reports.headline import headline
from bot.runs import CANCELLABLE, Run, RunState, Step, StepState

SHORT = 12  # characters of a digest
# Of what waits, as Slack counts it; it is shown whole, or nobody can approve it with a press. All the rest of
# a message needs less than half of Slack's 9,000 when it is as short as it can be.
ROOM_FOR_GATE = 3_500

_STATES = {
    StepState.PENDING: TaskState.PENDING,
    StepState.RUNNING: TaskState.IN_PROGRESS,
    StepState.SUCCEEDED: TaskState.COMPLETE,
    StepState.SKIPPED: TaskState.PENDING,  # Slack has no mark for it: it is not done, and nothing went wrong
}


def run_message(
    run: Run,
    *,
    page_url: str,
    check_url: str = "",
    tails: Mapping[int, str] | None = None,
    outlook: Outlook | None = None,
    why_here: str = "",
) -> Message:
    """The one message that is changed in place while the run goes."""
    title = headline(run, tails, outlook)
    parts: list[Part] = [Heading(title), *([Prose(why_here)] if why_here else [])]
    if run.state is RunState.PARKED:
        parts.append(Prose("\n\n".join(_details(run)), whole=True))
    else:
        told = outcome.sentences(run, page_url=page_url, outlook=outlook)
        table = results.table(run.results)
        parts.append(Prose("\n\n".join([*told, *([table] if table else [])])))
    parts.append(Steps(_progress(run), tuple(_task(run, step) for step in run.steps)))
    tail = _tail(run, tails or {})
    if tail:
        parts.append(Output(tail))
    parts.append(Buttons((*_presses(run), *_links(run, page_url, check_url))))
    parts.append(Footnote(f"{_where(run)} {outcome.asked(run)} Run {safe.inline(run.id)}."))
    return Message(title, tuple(parts))


def end_message(run: Run, *, page_url: str, to: str) -> Message:
    """What is said at the end of an attempt, to who asked for it."""
    title = headline(run) if run.attempt == 1 else f"Attempt {run.attempt}: {headline(run)}"
    text = f"{safe.words(title)} {phrases.link('Log and details', page_url)}."
    if run.pull is not None:
        text = f"{text} {phrases.link('Open it', run.pull.url)}."
    return Message(title, (Prose(text),), mentions=to)


def _where(run: Run) -> str:
    repo = str(run.target.place.repo)
    if not run.target.number:
        return f"{safe.inline(repo)}, branch {safe.inline(run.target.base_ref)}."
    return f"{safe.inline(f'{repo}#{run.target.number}')}."


def _progress(run: Run) -> str:
    skipped = sum(step.state is StepState.SKIPPED for step in run.steps)
    ended = sum(step.state.final for step in run.steps) - skipped
    told = f"{ended} of {phrases.count(len(run.steps), 'step')} ended"
    return f"{told}, {skipped:,} skipped" if skipped else told


def _task(run: Run, step: Step) -> Task:
    took = "" if step.seconds is None else f" ({phrases.duration(step.seconds)})"
    return Task(
        id=f"step-{step.index + 1}",
        title=f"{step.index + 1}. {safe.one_line(phrases.name(step), limit=120)}",
        state=_STATES.get(step.state, TaskState.ERROR),
        word=f"{phrases.STEP_WORDS[step.state]}{took}",
        note=safe.one_line(phrases.note(run, step), limit=160),
    )


def _tail(run: Run, tails: Mapping[int, str]) -> str:
    """Of the step that runs now or went wrong; of a run that went well there is nothing to read."""
    worth = [step for step in run.steps if step.state is StepState.RUNNING or step.state.bad]
    return tails.get(worth[-1].index, "") if worth else ""


def _details(run: Run) -> list[str]:
    if not _shown_whole(run):
        return [
            "What waits for approval is too long to be shown here whole, and nobody should approve what they "
            "were not shown. Look at its check run, and approve it there."
        ]
    return _waiting(run)


def _shown_whole(run: Run) -> bool:
    return len(escape("\n\n".join(_waiting(run))).encode()) <= ROOM_FOR_GATE


def _waiting(run: Run) -> list[str]:
    """Slack takes no `/agent` in threads, and `@agent` everywhere."""
    return gates.details(run, where="here or on its check run", call="@agent")


def shown(run: Run) -> str:
    """What a press on Approve or Deny answers: this plan in this attempt, and no other."""
    return f"{run.id} {run.attempt} {run.plan.digest[:SHORT]}"


def _presses(run: Run) -> list[Press]:
    if run.state is RunState.PARKED:
        value = shown(run)
        approve = [Press("Approve", "approve", value, Look.GOOD, _sure(run))] if _shown_whole(run) else []
        return [*approve, Press("Deny", "deny", value, Look.DANGER), _cancel(run)]
    if run.state in CANCELLABLE:
        return [_cancel(run)]
    if run.state.final and run.state is not RunState.SUCCEEDED:
        return _retry(run)
    return []


def _retry(run: Run) -> list[Press]:
    """Where something is left to do. Of a run that was denied or has expired nothing has failed."""
    if all(step.state is StepState.SUCCEEDED for step in run.steps):
        return []
    label = "Retry failed" if any(step.state.bad for step in run.steps) else "Retry"
    return [Press(label, "retry", run.id)]


def _cancel(run: Run) -> Press:
    ask = Confirm(
        "Cancel this run?",
        "What it did so far is kept. It does not go on by itself.",
        "Cancel it",
        "Let it go on",
    )
    return Press("Cancel", "cancel", run.id, Look.PLAIN, ask)


def _sure(run: Run) -> Confirm:
    grave = any(ACTIONS[step.action.action_type].risk is Risk.DESTRUCTIVE for step in run.steps)
    text = (
        "Some of its steps are destructive, and maybe cannot be undone."
        if grave
        else "It runs as it is shown here, on the commit that it was asked for."
    )
    return Confirm("Approve this run?", text, "Approve")


def _links(run: Run, page_url: str, check_url: str) -> list[Open]:
    found = [Open("Log", page_url)]
    if check_url:
        found.append(Open("Check run", check_url))
    if run.pull is not None:
        found.insert(0, Open("Open PR", run.pull.url))
    return found
