"""How the demo prints what there is to see: a run's steps, a message of Slack, a pull request."""

from __future__ import annotations

import time
from typing import Any

from rich.console import Console, Group
from rich.markup import escape
from rich.panel import Panel
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from bot.processes.stage import Stage
from bot.runs import Run, RunState, StepState
from playground.slack.words import words_of

Json = dict[str, Any]
_LOOKS = {
    StepState.PENDING: ("·", "dim"),
    StepState.RUNNING: ("▸", "cyan"),
    StepState.SUCCEEDED: ("✓", "green"),
    StepState.SKIPPED: ("–", "dim"),
}
_TASK_LOOKS = {"pending": ("·", "dim"), "in_progress": ("▸", "cyan"), "complete": ("✓", "green")}
_BAD = ("✗", "red")


def code(text: str, language: str) -> Syntax:
    return Syntax(text, language, background_color="default", word_wrap=True)


def steps(run: Run) -> Table:
    table = Table(title=f"run {run.id}: {run.state}", title_justify="left", box=None, padding=(0, 1))
    for step in run.steps:
        sign, style = _LOOKS.get(step.state, _BAD)
        took = "" if step.seconds is None else f"{step.seconds:.1f} s"
        table.add_row(
            Text(sign, style),
            Text(step.action.step_description),
            Text(step.state, style),
            took,
            Text(step.note),
        )
    if run.state is RunState.RUNNING:
        table.caption = "running …"
    return table


def since(moment: float) -> str:
    return f"{(time.monotonic() - moment) * 1000:.0f} ms"


# --- Slack ------------------------------------------------------------------------------------------------


def message(blocks: list[Json], title: str) -> Panel:
    """One of our messages, as people see its blocks."""
    return Panel(
        Group(*(line for block in blocks for line in _lines(block))), title=title, title_align="left"
    )


def _lines(block: Json) -> list[Text]:
    match block["type"]:
        case "header":
            return [Text(words_of([block]), "bold")]
        case "plan":
            return [Text(block["title"], "bold"), *(_task(task) for task in block["tasks"])]
        case "actions":
            return [Text("  ".join(f"[ {each['text']['text']} ]" for each in block["elements"]), "cyan")]
        case "context":
            return []
    return [Text(words_of([block]))]


def _task(task: Json) -> Text:
    sign, style = _TASK_LOOKS.get(task["status"], _BAD)
    said = words_of([task["details"]]) if "details" in task else ""
    return Text.assemble((f"{sign} ", style), task["title"], (f"  {said}", "dim"))


# --- GitHub -----------------------------------------------------------------------------------------------


def new_pull(stage: Stage, run: Run | None) -> Json | None:
    """The pull request that the run says it has opened, if GitHub has it."""
    if run is None or run.pull is None:
        return None
    found = [pull["number"] for pull in stage.driver.sees_pulls()]
    return stage.driver.sees_pull(run.pull.number) if run.pull.number in found else None


def pull_request(console: Console, stage: Stage, pull: Json | None) -> None:
    if pull is None:
        console.print("There is no new pull request.", style="red")
        return
    console.rule(f"Pull request #{pull['number']}: {escape(pull['title'])}")
    console.print(f"{stage.playground_url}/acme/shop/pull/{pull['number']}", soft_wrap=True)
    console.print(f"{pull['head']['ref']} → {pull['base']['ref']}")
    console.print(code(_diff(pull), "diff"))


def _diff(pull: Json) -> str:
    return "\n".join(f"--- {file['path']}\n{file['patch'] or '(binary)'}" for file in pull["files"])
