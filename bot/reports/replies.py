"""What the verbs answer: the sentences of `help`, `status`, `config`, `plan`, and why `run` cannot begin.

Whatever a person wrote is only ever shown as code (`bot/reports/safe.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, Protocol

import yaml

from bot.actions import ACTIONS
from bot.actions.model import Where
from bot.errors import UserError
from bot.limits import Limits
from bot.plans.model import ErrorHandling, Plan
from bot.ports import Role
from bot.reports import phrases, steps
from bot.reports.headline import headline
from bot.reports.safe import cell, cut_bytes, fence, inline, words
from bot.rules import Rules, Source
from bot.runs import Run

MAX_CANONICAL = 40_000  # bytes of canonical YAML in a comment, which holds 65 536 of everything
MAX_STEPS = 100
MAX_REPLY = 64_000  # bytes, which leaves room for the marker


class _Verb(Protocol):
    """What a reply says of a verb."""

    @property
    def name(self) -> str: ...
    @property
    def usage(self) -> str: ...
    @property
    def summary(self) -> str: ...
    @property
    def example(self) -> str: ...


# --- run -----------------------------------------------------------------------------------------------


def pull_request_is_closed(number: int) -> UserError:
    return UserError(f"Pull request {number} is closed, so I did not start. Reopen it and ask me again.")


def fork_is_gone(number: int) -> UserError:
    return UserError(
        f"The fork that pull request {number} comes from is gone, so there is no code to work on. "
        "Open a new pull request from a branch that exists and ask me there."
    )


def head_branch_is_gone(number: int) -> UserError:
    return UserError(
        f"The branch of pull request {number} is gone, so there is no code to work on. "
        "Restore the branch and ask me again."
    )


# --- cancel --------------------------------------------------------------------------------------------


def nothing_to_cancel() -> str:
    return "Nothing is running here, so there was nothing to cancel."


def cancelled(run: Run) -> str:
    """What became of a run that somebody wants to end: the first who asked is the one who is named."""
    if run.cancelled_by:
        return f"Run {inline(run.id)} was cancelled by {inline(run.cancelled_by)}."
    return f"Run {inline(run.id)} could not be cancelled any more: it is {inline(run.state)}."


# --- plan ----------------------------------------------------------------------------------------------


def shown_plan(plan: Plan) -> str:
    """The steps, what would run, the digest and the canonical form, ready to be copied."""
    shown = [_step(plan, index) for index in range(min(len(plan.actions), MAX_STEPS))]
    more = len(plan.actions) - len(shown)
    parts = [
        f"This is a plan of {phrases.count(len(plan.actions), 'step')}. Nothing was run.",
        "\n".join(shown) + (f"\n\n… and {phrases.count(more, 'more step')}." if more else ""),
        _order(plan),
        f"Digest: `{plan.digest}`",
        _canonical(plan),
    ]
    return cut_bytes("\n\n".join(part for part in parts if part), MAX_REPLY)


def _step(plan: Plan, index: int) -> str:
    action = plan.actions[index]
    where = "by the desk, after the box" if ACTIONS[action.action_type].where is Where.DESK else ""
    waits = action.depends_on
    after = f"after step {phrases.joined([str(each + 1) for each in waits])}" if waits else ""
    told = ", ".join(part for part in (f"`{action.action_type}`", where, after) if part)
    return f"{index + 1}. {inline(action.step_description)} ({told}){_does(action.parameters)}"


def _does(parameters: Any) -> str:
    command = parameters.get("command")
    if command is None:
        return ""
    if isinstance(command, list):
        return ": " + " ".join(inline(part, limit=120) for part in command[:12])
    return f": {inline(command, limit=300)}"


def _order(plan: Plan) -> str:
    how = "one after the other" if plan.in_order else "as soon as what they wait for has succeeded"
    then = (
        "After the first failure nothing more starts."
        if plan.error_handling is ErrorHandling.STOP
        else "After a failure, whatever does not depend on it still runs."
    )
    return f"Steps run {how}. {then}"


def _canonical(plan: Plan) -> str:
    text = canonical_yaml(plan)
    if len(text.encode()) > MAX_CANONICAL:
        return "The canonical form is too long to be shown in a comment."
    return "The canonical form, to copy under `/agent run`:\n\n" + fence(text, "yaml")


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  # the signature is PyYAML's
        return True


def canonical_yaml(plan: Plan) -> str:
    """The plan as YAML that reads back to the same digest."""
    return yaml.dump(plan.as_data(), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)


# --- status --------------------------------------------------------------------------------------------


def status(run: Run, *, page_url: str) -> str:
    return "\n\n".join(
        (
            f"Run `{run.id}`: **{words(headline(run))}**",
            steps.lines(run),
            phrases.link("The run's page, with its log", page_url),
        )
    )


def no_run_yet(*, on_pull: bool) -> str:
    here = "on this pull request" if on_pull else "on this issue"
    return f"There has been no run {here} yet. ``/agent run `pytest -q` `` would begin one."


def no_such_run(name: str) -> str:
    return (
        f"I know no run {inline(name, limit=40)} in this repository. `/agent status` without a name tells "
        "about the latest one here."
    )


# --- config --------------------------------------------------------------------------------------------


def configuration(rules: Rules) -> str:
    """All effective values with where they came from, then what was not taken as it was written."""
    rows = [
        ("error_handling", str(rules.error_handling)),
        ("pull_request", "true" if rules.pull_request else "false"),
        ("image", rules.image or "the server's"),
        *((f"limits.{each.name}", f"{getattr(rules.limits, each.name)}") for each in fields(Limits)),
        *((f"verbs.{verb}.needs", str(role)) for verb, role in sorted(rules.needs.items())),
    ]
    lines = [
        f"| `{key}` | {cell(value)} | {rules.sources.get(key, Source.BUILT_IN)} |" for key, value in rows
    ]
    table = "\n".join(["| Key | Value | Where from |", "| --- | --- | --- |", *lines])
    notes = "\n".join(f"- {note}" for note in rules.notes)
    head = "This is the configuration that holds in this repository:"
    return "\n\n".join(part for part in (head, table, notes) if part)


# --- help ----------------------------------------------------------------------------------------------


def help_text(verbs: Sequence[_Verb], *, unknown: str, meant: str | None) -> str:
    """The verbs that this person may use; before them, when a word was not understood, what was meant."""
    head = "This is what I can do for you here:"
    if unknown:
        hint = f" Did you mean `/agent {meant}`?" if meant else ""
        head = f"I know no {inline(unknown, limit=40)} that you may use here.{hint} {head}"
    rows = [f"| `{_in_a_cell(verb.usage)}` | {verb.summary} |" for verb in verbs]
    table = "\n".join(["| Command | What it does |", "| --- | --- |", *rows])
    return f"{head}\n\n{table}\n\n`/agent help {verbs[0].name}` tells more about the first one."


def help_with(verb: _Verb, *, needs: Role) -> str:
    return (
        f"`{verb.usage}`: {verb.summary}\n\n"
        f"Who may use it: everybody with the role `{needs}` or higher.\n\n"
        f"Example:\n\n{fence(verb.example, 'text')}"
    )


def verbs_table(verbs: Sequence[Any]) -> str:
    """The table of verbs in the README and in docs/reference/verbs.md."""
    rows = [
        f"| `{_in_a_cell(verb.usage)}` | {verb.summary} | {verb.needs} | ``{_padded(verb.example)}`` |"
        for verb in verbs
    ]
    return "\n".join(["| Command | What it does | Needs | Example |", "| --- | --- | --- | --- |", *rows])


def _in_a_cell(usage: str) -> str:
    """A table's cell ends at a bar, in code too."""
    return usage.replace("|", "\\|")


def _padded(example: str) -> str:
    return f"{example} " if example.endswith("`") else example
