"""A run in a terminal: each step's line and output as it goes."""

from __future__ import annotations

import threading

from rich.console import Console
from rich.text import Text

from bot.ports import Stream
from bot.reports import safe
from bot.runs import Run, Step, StepState

_STYLES = {
    StepState.RUNNING: "cyan",
    StepState.SUCCEEDED: "green",
    StepState.SKIPPED: "dim",
    StepState.PENDING: "dim",
}


class Terminal:
    """A `bot.perform.Listener` that prints. Output is untrusted: what a terminal would obey is taken out."""

    def __init__(self, console: Console, run: Run) -> None:
        self._console = console
        self._run = run
        self._unfinished: dict[tuple[int, Stream], str] = {}
        self._lock = threading.Lock()

    def changed(self, *steps: Step) -> None:
        with self._lock:
            for step in steps:
                took = "" if step.seconds is None else f" in {step.seconds:.1f} s"
                note = f" {step.note}" if step.note else ""
                self._console.print(
                    Text.assemble(
                        (f"{step.index + 1}/{len(self._run.steps)} ", "bold"),
                        step.action.step_description,
                        ": ",
                        (f"{step.state}{took}.", _STYLES.get(step.state, "red")),
                        note,
                    )
                )

    def heard(self, step: int, stream: Stream, text: str) -> None:
        with self._lock:
            key = (step, stream)
            *lines, rest = (self._unfinished.get(key, "") + text).split("\n")
            self._unfinished[key] = rest[-16_384:]  # a line without an end is not kept for ever
            for line in lines:
                self._line(step, line)

    def finished(self, step: int) -> None:
        with self._lock:
            for stream in Stream:
                rest = self._unfinished.pop((step, stream), "")
                if rest:
                    self._line(step, rest)

    def _line(self, step: int, line: str) -> None:
        self._console.print(
            Text.assemble((f"  {step + 1} │ ", "dim"), safe.clean(line)), soft_wrap=True, highlight=False
        )
