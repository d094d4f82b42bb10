"""The demo's first half: a comment, what follows from it as people would see it, and how it ends."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.text import Text

from bot.journal import EntryKind
from bot.ledger import Ledger
from bot.processes.demo import showing
from bot.processes.stage import Stage
from bot.reports import safe
from bot.runs import Run

PATIENCE_S = 120.0
LOOK_S = 0.1
PULL = 1
ASKER = "writer-will"
COMMENT = """\
/agent run

```yaml
- action_type: run_command
  parameters: {command: "python3 -m unittest || true"}
  step_description: See which test fails
- action_type: apply_patch
  parameters:
    patch: |
      --- a/shop/prices.py
      +++ b/shop/prices.py
      @@ -8,4 +8,4 @@

       def discounted(amount, percent):
           \"\"\"What is left of an amount after a discount of so many percent, rounded up to a cent.\"\"\"
      -    return amount - percent
      +    return amount - amount * percent // 100
  step_description: Take the percentage of the amount
- action_type: run_command
  parameters: {command: "python3 -m unittest -v"}
  step_description: Run all tests
```
"""


@dataclass
class Story:
    """Tells it once. What is printed is what the playground and the ledger say, nothing else."""

    console: Console
    stage: Stage
    _said: set[str] = field(default_factory=set)
    _seen: int = 0  # of the run's journal

    def tell(self) -> bool:
        """True only if there is a new pull request and the check run ended in `success`."""
        driver = self.stage.driver
        self.console.rule(f"{ASKER} comments on {self.stage.playground_url}/acme/shop/pull/{PULL}")
        self.console.print(showing.code(COMMENT, "markdown"))
        asked = time.monotonic()
        comment = driver.comments(COMMENT, on=PULL, by=ASKER)
        self.console.rule("What follows")
        ledger = self.stage.ledger()
        try:
            run = self._watch(ledger, comment, asked)
        finally:
            ledger.close()
        check = self._check()
        pull = showing.new_pull(self.stage, run)
        if run is None or check is None:
            self._excuse(comment)
            return False
        self._show_end(check, pull)
        return pull is not None and check["conclusion"] == "success"

    # --- while it goes ----------------------------------------------------------------------------------

    def _watch(self, ledger: Ledger, comment: dict[str, Any], asked: float) -> Run | None:
        run: Run | None = None
        with Live(console=self.console, refresh_per_second=8, transient=True) as live:
            while time.monotonic() - asked < PATIENCE_S:
                self._say_reaction(comment, asked)
                self._say_check(asked)
                run = next(iter(reversed(ledger.runs.all())), None)
                if run is not None:
                    self._say_output(ledger, run)
                    live.update(showing.steps(run))
                    check = self._check()
                    if run.state.final and check is not None and check["status"] == "completed":
                        self._say_check(asked)
                        self._say_output(ledger, run)
                        break
                time.sleep(LOOK_S)
        if run is not None:
            self.console.print(showing.steps(run))
        return run

    def _say_reaction(self, comment: dict[str, Any], asked: float) -> None:
        found = next(
            (item for item in self.stage.driver.sees_comments(PULL) if item["id"] == comment["id"]), None
        )
        if found and found["reactions"]["eyes"]:
            self._once("reaction", f"[yellow]👀[/] on the comment after {showing.since(asked)}")

    def _say_check(self, asked: float) -> None:
        check = self._check()
        if check is None:
            return
        for update in check["history"]:
            state = update["conclusion"] or update["status"]
            self._once(
                f"check {state}",
                f"[magenta]check run[/] {check['name']}: [bold]{state}[/] after {showing.since(asked)}",
            )

    def _say_output(self, ledger: Ledger, run: Run) -> None:
        for entry in ledger.journals.read(run.id, self._seen, 2000):
            self._seen = entry.seq
            if entry.kind in (EntryKind.OUT, EntryKind.ERR):
                for line in safe.clean(entry.text).rstrip("\n").split("\n"):
                    self.console.print(Text.assemble((f"  {(entry.step or 0) + 1} │ ", "dim"), line))
            elif entry.kind is EntryKind.STEP and entry.step is not None:
                what = escape(run.steps[entry.step].action.step_description)
                self.console.print(f"[cyan]step {entry.step + 1}[/] {what}: [bold]{entry.text}[/]")

    def _once(self, key: str, line: str) -> None:
        if key not in self._said:
            self._said.add(key)
            self.console.print(line)

    # --- the end ----------------------------------------------------------------------------------------

    def _check(self) -> dict[str, Any] | None:
        checks = self.stage.driver.sees_check_runs()
        return checks[-1] if checks else None

    def _show_end(self, check: dict[str, Any], pull: dict[str, Any] | None) -> None:
        good = check["conclusion"] == "success"
        self.console.print(
            f"Check run [bold]{check['name']}[/]: [{'green' if good else 'red'}]{check['conclusion']}[/] · "
            f"{escape(check['output']['title'] or '')}"
        )
        self.console.print(f"Run page: {check['details_url']}", soft_wrap=True)
        showing.pull_request(self.console, self.stage, pull)

    def _excuse(self, comment: dict[str, Any]) -> None:
        """Nothing came: what was said instead, and where to look."""
        for reply in self.stage.driver.sees_comments(PULL):
            if reply["id"] != comment["id"]:
                self.console.print(reply["body"])
        print(f"The run did not end well. The logs are in {self.stage.folder}.", file=sys.stderr)
