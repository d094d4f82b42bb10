"""The pull request that a run makes, in words: its title, its body, its commit message."""

from __future__ import annotations

from typing import Any

import yaml

from bot.ids import RunId
from bot.judging import Accepted
from bot.policy.facts import Came
from bot.ports import FileMode
from bot.reports import outcome, phrases, safe, steps
from bot.runs import Run

FILES = 100  # files that are listed one by one
PLAN_BYTES = 16_000
STEPS_BYTES = 24_000
WORDS_BYTES = 8_000


def title(run: Run) -> str:
    """The title that the plan asks for, or what was done and for which pull request or issue."""
    asked = _asked(run, "title")
    if asked:
        return safe.title(asked, limit=200)
    if len(run.plan.actions) == 1:
        step = safe.title(run.plan.actions[0].step_description, limit=120).rstrip(".")
        if step:
            return f"{step} (for #{run.target.number})" if run.target.number else step
    return "Changes from an agent run" + (f" for #{run.target.number}" if run.target.number else "")


def commit_message(run: Run) -> str:
    """Only words of ours: GitHub obeys `fixes #1` in a commit message, and no code span stops it."""
    where = f" on {_kind(run)} {run.target.number}" if run.target.number else ""
    return (
        f"Apply the changes of agent run {run.id}\n\n"
        f"Asked for by {safe.title(run.requester.login, limit=60)}{where}.\n"
        f"Plan sha256:{run.plan.digest}\n"
    )


def body(run: Run, accepted: Accepted, *, page_url: str, note: str = "") -> str:
    """What, why, who, the plan, the steps, the files, how to undo. `note` is a sentence on a moved base."""
    parts = [
        _what(run),
        *_alerts([*accepted.warnings, note, *run.notes]),
        _words(_asked(run, "body")),
        "### Steps",
        steps.table(run, limit=STEPS_BYTES),
        "### Files",
        _files(accepted),
        "### Plan",
        _plan(run),
        "### Undo",
        _undo(run),
        f"{phrases.link('Log and details of the run', page_url)}.",
    ]
    room = safe.GITHUB_TEXT - len(marker(run.id).encode()) - 2
    text = safe.cut_bytes("\n\n".join(part for part in parts if part), room)
    return f"{text}\n\n{marker(run.id)}"


def marker(run: RunId) -> str:
    """Hidden in the body: by it the pull request of this run is found again."""
    return f"<!-- devops-agent:pull:{run} -->"


def _what(run: Run) -> str:
    return (
        f"{phrases.requester(run)} asked for this {_asked_where(run)}. The steps below ran in a sandbox on "
        f"commit {phrases.commit(run)}, and these are the changes they made. Please review them like any "
        "other contribution."
    )


def _asked_where(run: Run) -> str:
    about = f"{_kind(run)} #{run.target.number}" if run.target.number else ""
    if run.came is Came.SLACK:
        return f"in Slack for {about}" if about else "in Slack"
    return f"{phrases.link('in a comment', run.request_url)} on {about}"


def _kind(run: Run) -> str:
    return "pull request" if run.target.on_pull else "issue"


def _alerts(sentences: list[str]) -> list[str]:
    told = [safe.words(phrases.sentence(sentence), limit=400) for sentence in sentences[:50] if sentence]
    if not told:
        return []
    return ["> [!WARNING]\n" + "\n".join(f"> - {sentence}" for sentence in told)]


def _words(text: str) -> str:
    """Words that the plan gave for the body: paragraphs without any power."""
    kept = text.encode("utf-8", "replace")[:WORDS_BYTES].decode("utf-8", "ignore")
    paragraphs = [safe.words(part, limit=2000) for part in kept.split("\n\n")]
    return "\n\n".join(part for part in paragraphs if part)


def _files(accepted: Accepted) -> str:
    shown = [
        f"- {safe.inline(change.path)}{_KINDS[change.mode] if change.content is not None else ': deleted'}"
        for change in accepted.changes.files[:FILES]
    ]
    rest = len(accepted.changes.files) - len(shown)
    more = [f"- {phrases.count(rest, 'more file')}."] if rest else []
    left_out = [f"- {safe.words(phrases.sentence(reason))}" for reason in accepted.changes.left_out[:20]]
    return "\n".join([*shown, *more, *left_out])


_KINDS = {FileMode.FILE: "", FileMode.EXECUTABLE: " (executable)", FileMode.SYMLINK: " (a link)"}


def _plan(run: Run) -> str:
    text = yaml.safe_dump(run.plan.as_data(), sort_keys=False, allow_unicode=True, width=100)
    block = safe.fence(text, "yaml")
    if len(block.encode()) > PLAN_BYTES:
        return f"{outcome.digest(run)}. It is too long to be shown here; the page of the run has it."
    size = phrases.count(len(run.plan.actions), "step")
    return f"{outcome.digest(run)}\n\n<details><summary>The plan, {size}</summary>\n\n{block}\n\n</details>"


def _undo(run: Run) -> str:
    return (
        "Not merged yet: close this pull request and delete its branch. "
        f"Already merged: press **Revert** here, or run `git revert` on the commit of agent run `{run.id}`."
    )


def _asked(run: Run, parameter: str) -> str:
    """What an `open_pull_request` step of the plan gives for this parameter, or nothing."""
    for action in run.plan.actions:
        value: Any = action.parameters.get(parameter) if action.action_type == "open_pull_request" else None
        if isinstance(value, str) and value.strip():
            return value
    return ""
