"""The one sentence that says how a run stands: the title of its check run, the top of its comment."""

from __future__ import annotations

from collections.abc import Mapping

from bot.actions.undo_run import UNDO_RUN
from bot.forecast import Outlook
from bot.reports import gates, phrases, safe, waiting
from bot.reports.tallies import tally
from bot.runs import Run, RunState, Step, StepState

TITLE = 160  # characters; GitHub's list of checks cuts long before


def headline(run: Run, tails: Mapping[int, str] | None = None, outlook: Outlook | None = None) -> str:
    """Plain text, harmless also where no Markdown is: names of steps are spelled out by `safe.title`."""
    if outlook is not None and run.state is RunState.QUEUED:
        sentence = waiting.headline(run, outlook)
    else:
        sentence = SENTENCES[run.state](run, tails or {})
    return sentence if len(sentence) <= TITLE else sentence[: TITLE - 1].rstrip() + "…"


def _parked(run: Run, _tails: Mapping[int, str]) -> str:
    return gates.title(run)


def _queued(run: Run, _tails: Mapping[int, str]) -> str:
    return f"Waiting to start: {phrases.count(len(run.steps), 'step')}."


def _running(run: Run, _tails: Mapping[int, str]) -> str:
    now = [step for step in run.steps if step.state is StepState.RUNNING]
    if len(now) == 1:
        return f"{_nth(run, now[0])} is running: {_name(now[0])}"
    if now:
        numbers = phrases.joined([str(step.index + 1) for step in now])
        return f"Steps {numbers} of {len(run.steps)} are running."
    if not _ended(run):
        return f"Getting ready: {phrases.count(len(run.steps), 'step')} to go."
    return f"{_ended(run)} of {phrases.count(len(run.steps), 'step')} have ended."


def _publishing(run: Run, _tails: Mapping[int, str]) -> str:
    return f"{_done(run)} of {phrases.count(len(run.steps), 'step')} done. The result is being handed in."


def _succeeded(run: Run, _tails: Mapping[int, str]) -> str:
    took = f" in {phrases.duration(run.seconds)}" if run.seconds is not None else ""
    undone = [step.note for step in run.steps if step.action.action_type == UNDO_RUN.name]
    if undone:
        return f"Undone{took}: {safe.title(undone[0], limit=TITLE)}"
    if run.pull is not None:
        return f"Done{took}: the changes are in pull request #{run.pull.number}."
    if run.changed_files == 0:
        return f"Done{took}: nothing changed, so there is no pull request."
    if run.changed_files and run.target.from_fork:
        return f"Done{took}: the changes are ready to download as a patch."
    return f"Done{took}: {_steps_done(run)}."


def _failed(run: Run, tails: Mapping[int, str]) -> str:
    bad = [step for step in run.steps if step.state.bad]
    if not bad:
        return phrases.sentence(safe.title(run.reason, limit=TITLE)) or "The run failed."
    first = bad[0]
    told = tally(tails.get(first.index, ""))
    after = f" in {phrases.duration(first.seconds)}" if first.seconds is not None else ""
    if told is not None and first.state is StepState.FAILED:
        named = f" The first one: {safe.title(told.first, limit=80)}." if told.first else ""
        return f"Tests failed{after}: {told.failed:,} of {told.total:,}.{named}"
    word = {StepState.TIMED_OUT: "ran out of time", StepState.FAILED: "failed"}.get(
        first.state, "was interrupted"
    )
    return f"{_nth(run, first)} {word}{after.replace(' in ', ' after ')}: {_name(first)}"


def _cancelled(run: Run, _tails: Mapping[int, str]) -> str:
    return _why(run, f"Cancelled after {_done(run)} of {phrases.count(len(run.steps), 'step')}.")


def _timed_out(run: Run, _tails: Mapping[int, str]) -> str:
    after = f" after {phrases.duration(run.seconds)}" if run.seconds is not None else ""
    late = [step for step in run.steps if step.state.bad]
    during = f" during step {late[0].index + 1} of {len(run.steps)}" if late else ""
    return f"Stopped{after}: the time for this run was up{during}."


def _denied(run: Run, _tails: Mapping[int, str]) -> str:
    return _why(run, "This run was not permitted.")


def _expired(run: Run, _tails: Mapping[int, str]) -> str:
    return _why(run, "This run expired before it could start. Nothing was done.")


def _budget_exhausted(run: Run, _tails: Mapping[int, str]) -> str:
    return _why(run, f"The budget was used up after {_done(run)} of {phrases.count(len(run.steps), 'step')}.")


SENTENCES = {
    RunState.PARKED: _parked,
    RunState.QUEUED: _queued,
    RunState.RUNNING: _running,
    RunState.PUBLISHING: _publishing,
    RunState.SUCCEEDED: _succeeded,
    RunState.FAILED: _failed,
    RunState.CANCELLED: _cancelled,
    RunState.TIMED_OUT: _timed_out,
    RunState.DENIED: _denied,
    RunState.EXPIRED: _expired,
    RunState.BUDGET_EXHAUSTED: _budget_exhausted,
}


def _why(run: Run, otherwise: str) -> str:
    return phrases.sentence(safe.title(run.reason, limit=TITLE)) or otherwise


def _nth(run: Run, step: Step) -> str:
    return f"Step {step.index + 1} of {len(run.steps)}"


def _name(step: Step) -> str:
    return phrases.sentence(safe.title(phrases.name(step), limit=80))


def _ended(run: Run) -> int:
    return sum(step.state.final for step in run.steps)


def _done(run: Run) -> int:
    return sum(step.state is StepState.SUCCEEDED for step in run.steps)


def _steps_done(run: Run) -> str:
    if _done(run) == len(run.steps):
        return "the step succeeded" if len(run.steps) == 1 else f"all {len(run.steps)} steps succeeded"
    return f"{_done(run)} of {phrases.count(len(run.steps), 'step')} succeeded"
