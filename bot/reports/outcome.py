"""What came of a run and what to do next, for its check run, its comment and its page."""

from __future__ import annotations

import shlex

from bot.forecast import Outlook
from bot.policy.facts import Came
from bot.reports import gates, phrases, results, safe, waiting
from bot.reports.headline import headline
from bot.runs import Run, RunState


def sentences(run: Run, *, page_url: str, outlook: Outlook | None = None) -> list[str]:
    """Markdown paragraphs below the headline; empty while there is nothing to tell."""
    told: list[str] = []
    if outlook is not None and run.state is RunState.QUEUED:
        told += waiting.details(run, outlook)
    if run.state is RunState.PARKED:
        told += gates.details(run)
    if run.reason and safe.title(phrases.sentence(run.reason)) != headline(run):
        told.append(safe.words(phrases.sentence(run.reason), limit=1000))
    if run.state.final:
        told += _result(run, page_url)
    told += results.sentences(run, page_url=page_url)
    told += [safe.words(phrases.sentence(note), limit=1000) for note in run.notes]
    return told


def _result(run: Run, page_url: str) -> list[str]:
    if run.pull is not None:
        return [f"Review and merge it: {phrases.link(f'pull request #{run.pull.number}', run.pull.url)}."]
    if not run.changed_files:
        return []
    changed = phrases.count(run.changed_files, "file")
    why = (
        f"This pull request comes from a fork, where I cannot push, so the changes to {changed} are a patch."
        if run.target.from_fork
        else f"There are changes to {changed}, and no pull request was made of them."
    )
    get = f"{phrases.link('Download the patch', phrases.patch_url(page_url))}, or apply it in a checkout:"
    return [f"{why} {get}", safe.fence(apply_command(page_url), "sh")]


def apply_command(page_url: str) -> str:
    """The exact command that brings a run's changes into a checkout of the pinned commit."""
    return f"curl -fsSL {shlex.quote(phrases.patch_url(page_url))} | git apply --index"


def asked(run: Run) -> str:
    """Who asked, where, and on which commit."""
    in_slack = run.came is Came.SLACK  # where a command has no address
    again = "asked for in Slack" if in_slack else phrases.link("asked for", run.request_url)
    which = f"Attempt {run.attempt}, {again}"
    first = "Asked for in Slack" if in_slack else phrases.link("Asked for", run.request_url)
    who = f"{first if run.attempt == 1 else which} by {phrases.requester(run)}"
    return f"{who}, on commit {phrases.commit(run)}."


def facts(run: Run, *, page_url: str) -> str:
    """Who asked, on which commit, and where the rest is."""
    return f"{asked(run)} {phrases.link('Log and details', page_url)}."


def digest(run: Run) -> str:
    """The plan's digest, which tells two plans apart, and how the plan came about."""
    how = phrases.READERS.get(run.plan.reader)
    return f"Plan `sha256:{run.plan.digest}`" + (f", {how}" if how else "")
