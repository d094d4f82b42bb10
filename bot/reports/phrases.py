"""The small words of every report: how long, in what state, which commit, who, and links of our own."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit, urlunsplit

from bot.ids import Repo, Sha
from bot.reports import safe
from bot.runs import Run, RunState, Step, StepState

STEP_WORDS = {
    StepState.PENDING: "waiting",
    StepState.RUNNING: "running",
    StepState.SUCCEEDED: "done",
    StepState.FAILED: "failed",
    StepState.TIMED_OUT: "timed out",
    StepState.SKIPPED: "skipped",
    StepState.CANCELLED: "cancelled",
    StepState.INTERRUPTED: "interrupted",
}

RUN_WORDS = {
    RunState.PARKED: "waiting for approval",
    RunState.QUEUED: "waiting",
    RunState.RUNNING: "running",
    RunState.PUBLISHING: "handing in",
    RunState.SUCCEEDED: "succeeded",
    RunState.FAILED: "failed",
    RunState.CANCELLED: "cancelled",
    RunState.TIMED_OUT: "timed out",
    RunState.DENIED: "denied",
    RunState.EXPIRED: "expired",
    RunState.BUDGET_EXHAUSTED: "out of budget",
}

READERS = {
    "yaml": "read from YAML",
    "json": "read from JSON",
    "shell": "read from a shell block",
    "list": "read from a list",
    "words": "read from sentences",
    "model": "made by a model",
}


def duration(seconds: float) -> str:
    """`0.4 s`, `42 s`, `2 min 5 s`, `1 h 3 min`."""
    if seconds < 9.95:
        return f"{max(0.0, seconds):.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


_ROUND_S = (1, 2, 3, 5, 10, 15, 20, 30, 40, 60, 120, 180, 300, 600, 900, 1200, 1800, 2700, 3600, 7200, 10_800)


def about(seconds: float) -> str:
    """A rough time, rounded up: `40 s`, `2 min`, `1 h`."""
    whole = next((each for each in _ROUND_S if seconds <= each), math.ceil(seconds / 3600) * 3600)
    if whole < 60:
        return f"{whole} s"
    return f"{whole // 60} min" if whole < 3600 else f"{whole // 3600} h"


def moment(when: datetime) -> str:
    """`23 Nov 2026, 20:05 UTC`."""
    when = when.astimezone(UTC)
    return f"{when.day} {when:%b %Y, %H:%M} UTC"


def count(number: int, noun: str) -> str:
    """`1 step`, `4 steps`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def joined(items: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def sentence(text: str) -> str:
    """The text with a full stop, unless it ends a sentence already."""
    return text if not text or text[-1] in ".!?…" else f"{text}."


def name(step: Step) -> str:
    """What a step is called, untrusted: a description that somebody wrote, or the name of its action."""
    return step.action.step_description.strip() or step.action.action_type


def took(step: Step) -> str:
    """The time column: how long, or that it runs, or nothing."""
    if step.seconds is not None:
        return duration(step.seconds)
    return "running" if step.state is StepState.RUNNING else ""


def note(run: Run, step: Step) -> str:
    """The remark on a step, untrusted: where it was kept from, its own note, or a failure's exit code."""
    if run.kept(step):
        return " ".join(part for part in (step.note, f"Kept from attempt {step.attempt}.") if part)
    if step.note:
        return step.note
    return f"Exit code {step.exit_code}." if step.state.bad and step.exit_code is not None else ""


def link(label: str, url: str) -> str:
    """A Markdown link of ours. `label` is Markdown already; the address cannot leave its brackets."""
    return f"[{label}](<{quote(url, safe=_URL_SAFE)}>)"


def commit(run: Run) -> str:
    """The pinned commit, linked to where it lives."""
    label = f"`{run.target.sha[:7]}`"
    return link(label, _commit_url(run, run.target.source, run.target.sha))


def requester(run: Run) -> str:
    """Who asked, as code: nobody is called by a report."""
    return safe.inline(run.requester.login)


def patch_url(page_url: str) -> str:
    """Where the changes of the run behind this page can be downloaded."""
    return beside(page_url, "changes.patch")


def beside(page_url: str, leaf: str) -> str:
    """The address of something that belongs to a run's page, with the same key."""
    parts = urlsplit(page_url)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{leaf}"))


_URL_SAFE = "/:?#[]@!$&'()*+,;=%-._~"


def _commit_url(run: Run, repo: Repo, sha: Sha) -> str:
    forge = urlsplit(run.request_url)
    return f"{forge.scheme}://{forge.netloc}/{repo}/commit/{sha}"
