"""What the verbs answer: the sentences of `help`, `status`, `config`, and why `run` cannot begin.

Whatever a person wrote is only ever shown as code (`bot/reports/safe.py`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, Protocol

import yaml

from bot.errors import UserError
from bot.forecast import Outlook
from bot.limits import Limits
from bot.plans.model import Plan
from bot.ports import Role
from bot.reports import phrases, steps, waiting
from bot.reports.headline import headline
from bot.reports.safe import cell, fence, inline, words
from bot.rules import Rules, Source, equipping
from bot.runs import Run
from bot.spending import Allowances

MAX_CANONICAL = 40_000  # bytes of canonical YAML in a comment, which holds 65 536 of everything
_RARE_BREAKS = re.compile("[\x85\u2028\u2029]")
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


def no_such_plan(plan: str) -> str:
    return (
        f"I know no plan {inline(plan)} here. A plan can be run for seven days, where it was shown. "
        "`/agent plan` with the same words shows one again."
    )


def plan_has_changed(plan: str) -> str:
    return (
        f"By the rules that hold now, plan {inline(plan)} would not be what was shown. "
        "Write `/agent plan` with the same words again."
    )


# --- cancel --------------------------------------------------------------------------------------------


def nothing_to_cancel() -> str:
    return "Nothing is running here, so there was nothing to cancel."


def cancelled(run: Run) -> str:
    """What became of a run that somebody wants to end: the first who asked is the one who is named."""
    if run.cancelled_by and run.cancel_reason:
        return f"Run {inline(run.id)} was cancelled already. {run.cancel_reason}"
    if run.cancelled_by:
        return f"Run {inline(run.id)} was cancelled by {inline(run.cancelled_by)}."
    return f"Run {inline(run.id)} could not be cancelled any more: it is {inline(run.state)}."


# --- retry ---------------------------------------------------------------------------------------------


def retry_not_understood(word: str) -> str:
    return (
        f"I do not understand {inline(word, limit=40)} here. Write `/agent retry`, the run if it is not the "
        "latest one, and one of `--failed`, `--from` with the number of a step, or `--all`."
    )


def one_choice_only() -> str:
    return "Please choose one of `--failed`, `--from` and `--all`."


def head_is_everything() -> str:
    return (
        "On the newest commit everything is done from the beginning, so `--head` stands alone. "
        "Without it, the run stays on its own commit."
    )


# --- plan ----------------------------------------------------------------------------------------------


def canonical(plan: Plan, *, limit: int = MAX_CANONICAL) -> str:
    """The canonical form, to be copied; or that it is too long to be shown in so many bytes."""
    text = canonical_yaml(plan)
    if len(text.encode()) > min(limit, MAX_CANONICAL):
        return "The canonical form is too long to be shown in a comment."
    return "The canonical form, to copy under `/agent run`:\n\n" + fence(text, "yaml")


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  # the signature is PyYAML's
        return True


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    """In single quotes, PyYAML writes these line breaks bare, and a reader folds them away."""
    style = '"' if _RARE_BREAKS.search(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def canonical_yaml(plan: Plan) -> str:
    """The plan as YAML that reads back to the same digest."""
    return as_yaml(plan.as_data())


def as_yaml(data: Mapping[str, Any]) -> str:
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)


# --- status --------------------------------------------------------------------------------------------


def status(run: Run, *, page_url: str, outlook: Outlook | None = None) -> str:
    return "\n\n".join(
        (
            f"Run `{run.id}`: **{words(headline(run, outlook=outlook))}**",
            *(waiting.details(run, outlook) if outlook is not None else ()),
            steps.lines(run),
            phrases.link("The run's page, with its log", page_url),
        )
    )


def no_run_yet(number: int, *, on_pull: bool) -> str:
    """`number` is 0 where it is about no issue and no pull request."""
    here = "on this pull request" if on_pull else "on this issue" if number else "of the default branch"
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
        ("model", rules.model or "the server's"),
        ("supersede", str(rules.supersede)),
        ("environment", rules.environment or "none"),
        *equipping.shown(rules.equipment).items(),
        *((f"limits.{each.name}", f"{getattr(rules.limits, each.name)}") for each in fields(Limits)),
        *((f"budget.{each.name}", f"{getattr(rules.budget, each.name)}") for each in fields(Allowances)),
        *((f"verbs.{verb}.needs", str(role)) for verb, role in sorted(rules.needs.items())),
    ]
    lines = [
        f"| `{key}` | {cell(value)} | {rules.sources.get(key, Source.BUILT_IN)} |" for key, value in rows
    ]
    table = "\n".join(["| Key | Value | Where from |", "| --- | --- | --- |", *lines, *_policy(rules)])
    notes = "\n".join(f"- {note}" for note in rules.notes)
    head = "This is the configuration that holds in this repository:"
    return "\n\n".join(part for part in (head, table, notes) if part)


def _policy(rules: Rules) -> list[str]:
    """What each file adds to the built-in rules, in rows of the same table."""
    rows = []
    for layer in rules.policy.layers:
        said = [(f"policy.rules: {rule.name}", str(rule.then)) for rule in layer.part.rules]
        said += [
            ("policy.freeze", f"{each.begins} to {each.ends}, {each.timezone}") for each in layer.part.freeze
        ]
        said += [("policy.lock_files", "true")] if layer.part.lock_files else []
        rows += [f"| `{key}` | {cell(value)} | {layer.origin} file |" for key, value in said]
    return rows


# --- help ----------------------------------------------------------------------------------------------


def help_text(verbs: Sequence[_Verb]) -> str:
    """The verbs that this person may use. A list: not everywhere is there room for a table."""
    rows = "\n".join(f"- `{verb.usage}`: {verb.summary}" for verb in verbs)
    more = f"`/agent help {verbs[0].name}` tells more about the first one."
    return f"This is what I can do for you here:\n\n{rows}\n\n{more}"


def not_a_verb(unknown: str, meant: str | None) -> str:
    hint = f" Did you mean `/agent {meant}`?" if meant else ""
    known = "`/agent help` lists all that you may."
    return f"I know no {inline(unknown, limit=40)} that you may use here.{hint} {known}"


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
