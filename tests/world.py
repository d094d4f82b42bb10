"""The small world of the stories: one shop on a local GitHub, its people, our three processes, real Docker.

Each story has a repository of its own, with a failing test and an open pull request #1 that brings it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any, TypeVar

import httpx

from bot.ids import RunId
from bot.ledger import Ledger
from bot.processes.stage import Stage
from bot.runs import Run
from playground.seeds import DISCOUNTS, FEATURE, ROLES, SHOP

Json = dict[str, Any]
T = TypeVar("T")

PATIENCE_S = 60.0
LOOK_S = 0.05
_numbers = count(1)

MEND = """\
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


@dataclass(frozen=True)
class World:
    """What people do (`comments`, `pushes`, …) and what they see, in one repository."""

    stage: Stage
    ledger: Ledger
    repo: str

    # --- acts -------------------------------------------------------------------------------------------

    def comments(self, text: str, *, by: str = "writer-will", on: int = 1) -> Json:
        return self.stage.driver.comments(text, on=on, by=by, repo=self.repo)

    def pushes(self, files: dict[str, str | None], *, branch: str = FEATURE) -> Json:
        return self.stage.driver.pushes(files, branch=branch, repo=self.repo)

    def configures(self, text: str) -> None:
        """`.github/agent.yml` on the default branch."""
        self.stage.driver.pushes({".github/agent.yml": text}, branch="main", repo=self.repo)

    # --- what is there ----------------------------------------------------------------------------------

    def runs(self) -> list[Run]:
        return [run for run in self.ledger.runs.all() if str(run.target.place.repo) == self.repo]

    def run_ends(self, *, number: int = 1) -> Run:
        """The repository's run of this number, ended and shown as ended on its check run and comment."""

        def ended() -> Run | None:
            runs = self.runs()
            if len(runs) < number or not runs[number - 1].state.final:
                return None
            run = runs[number - 1]
            return run if self.shown(run.id) else None

        return self.until(ended)

    def shown(self, run: RunId) -> bool:
        """Every surface of the run shows its end, or has been given up."""
        wanted = [(key, done) for key, done, _ in self.ledger.surfaces.all() if key.endswith(f":{run}")]
        return bool(wanted) and all(done for _, done in wanted)

    def check(self, run: Run) -> Json:
        """The run's check run; there must be exactly one."""
        (found,) = [each for each in self.checks() if each["external_id"] == run.id]
        return found

    def checks(self) -> list[Json]:
        return self.stage.driver.sees_check_runs(repo=self.repo)

    def said(self, *, on: int = 1) -> list[str]:
        """What the bot has written, comments in the order of their creation."""
        found = self.stage.driver.sees_comments(on, repo=self.repo)
        return [each["body"] for each in found if each["author"] == "devops-agent[bot]"]

    def answers(self, count: int = 1, *, on: int = 1) -> str:
        """The bot's comment of this number, as soon as it is there."""
        return self.until(lambda: self.said(on=on)[count - 1 : count])[0]

    def reactions(self, comment: Json, *, on: int = 1) -> list[str]:
        found = self.stage.driver.sees_comments(on, repo=self.repo)
        (same,) = [each for each in found if each["id"] == comment["id"]]
        return [each["content"] for each in same["reacted"]]

    def pull(self, number: int) -> Json:
        return self.stage.driver.sees_pull(number, repo=self.repo)

    def pulls(self) -> list[int]:
        return [each["number"] for each in self.stage.driver.sees_pulls(repo=self.repo)]

    def page(self, run: Run, part: str = "") -> str:
        """The run's page, or a part of it such as `/changes.patch`, as its link shows it."""
        address = f"{self.stage.web_url}/runs/{run.id}{part}"
        answer = httpx.get(address, params={"key": run.page_key}, trust_env=False)
        answer.raise_for_status()
        return answer.text

    def is_quiet(self) -> None:
        """Everything that was delivered has been handled, and everything owed has been said."""
        self.stage.driver.until_hooks_are_idle()

        def quiet() -> bool:
            handled = all(state != "new" for _, state, _ in self.ledger.deliveries.outcomes())
            return handled and all(done for _, done, _ in self.ledger.surfaces.all())

        self.until(quiet)

    def until(self, look: Callable[[], T | None]) -> T:
        deadline = time.monotonic() + PATIENCE_S
        while True:
            found = look()
            if found:
                return found
            if time.monotonic() > deadline:
                raise AssertionError(f"Nothing to see after {PATIENCE_S} s.\n{self._state()}")
            time.sleep(LOOK_S)

    def _state(self) -> str:
        logs = [
            f"== {name}\n{(self.stage.folder / f'{name}.log').read_text(errors='replace')[-1500:]}"
            for name in self.stage.processes.names
        ]
        return "\n".join([*(f"{run.id} {run.state} {run.reason}" for run in self.runs()), *logs])


def new_world(stage: Stage, ledger: Ledger) -> World:
    repo = f"acme/shop-{next(_numbers)}"
    driver = stage.driver
    driver.adds_repository(repo, files=SHOP, roles=ROLES)
    driver.pushes(dict(DISCOUNTS), branch=FEATURE, repo=repo, message="Take a discount off an amount")
    driver.opens_pull(FEATURE, title="Discounts", repo=repo)
    return World(stage, ledger, repo)
