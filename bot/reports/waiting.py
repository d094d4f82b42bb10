"""What is said of a run that waits: for what, behind how many, and how long it may take.

Numbers are rough, so that a report changes when something happened, not with every run that ends elsewhere.
"""

from __future__ import annotations

from bot.admission import Wait, Why
from bot.forecast import Outlook
from bot.reports import locks, phrases, safe
from bot.runs import Run

_COUNTED = 5  # up to here runs are counted one by one
_CROWDS = (10, 20, 50, 100, 200, 500, 1000)


def headline(run: Run, outlook: Outlook) -> str:
    """Plain text, as the other headlines are."""
    steps = phrases.count(len(run.steps), "step")
    parts = [f"Waiting {_for_what(run, outlook.wait)}: {steps}."]
    starts = "" if outlook.starts_s is None else f", so it starts in about {phrases.about(outlook.starts_s)}"
    if outlook.wait.before:
        parts.append(f"{before(outlook.wait)} before it{starts}.")
    elif starts:
        parts.append(f"It starts in about {phrases.about(outlook.starts_s or 0)}.")
    if outlook.usual is not None:
        often, rarely = phrases.about(outlook.usual.p50_s), phrases.about(outlook.usual.p90_s)
        parts.append(f"Usually {often}." if often == rarely else f"Usually {often}, rarely over {rarely}.")
    return " ".join(parts)


def details(run: Run, outlook: Outlook) -> list[str]:
    """Markdown paragraphs: why it waits, where a headline has no room for it."""
    wait = outlook.wait
    match wait.why:
        case Why.TURN:
            return []
        case Why.REPOSITORY:
            most = phrases.count(run.limits.repository_runs, "run")
            return [f"At most {most} of this repository may go at once (`limits.repository_runs`)."]
        case Why.INSTALLATION:
            most = phrases.count(run.limits.installation_runs, "run")
            return [f"At most {most} of all repositories here may go at once (`limits.installation_runs`)."]
        case Why.ENVIRONMENT:
            name = safe.inline(run.plan.environment)
            has = "" if wait.holder is None else f" Run {safe.inline(wait.holder)} has it now."
            return [f"One run at a time may have {name}.{has} `/agent locks` shows who waits."]
        case Why.LOCK:
            return [] if wait.lock is None else [locks.who(wait.lock)]


def before(wait: Wait) -> str:
    """`1 run is`, `4 runs are`, `More than 20 runs are`."""
    if wait.before <= _COUNTED:
        return f"{phrases.count(wait.before, 'run')} {'is' if wait.before == 1 else 'are'}"
    return f"More than {crowd(wait.before)} runs are"


def crowd(number: int) -> int:
    """A number that stays for a while: itself as long as it is small, then a round one below it."""
    if number <= _COUNTED:
        return number
    return max([_COUNTED, *(each for each in _CROWDS if each < number)])


def label(wait: Wait) -> str:
    """What changes when a report of it would. "" is what everybody is told at first."""
    if wait.why is Why.TURN and wait.before == 0:
        return ""
    held = wait.holder or ("" if wait.lock is None else f"{wait.lock.until.timestamp():.0f}")
    return f"{wait.why}:{crowd(wait.before)}:{held}"


def _for_what(run: Run, wait: Wait) -> str:
    match wait.why:
        case Why.TURN:
            return "to start"
        case Why.REPOSITORY:
            return "for room in this repository"
        case Why.INSTALLATION:
            return "for room among all repositories"
        case Why.ENVIRONMENT:
            return f"for {run.plan.environment}, which another run has"
        case Why.LOCK:
            return f"for {run.plan.environment}, which {_holder(wait)} has locked"


def _holder(wait: Wait) -> str:
    if wait.lock is None or wait.lock.held is None:
        return "somebody"
    return safe.title(wait.lock.held.person.login, limit=40)
