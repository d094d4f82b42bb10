"""A run in a ledger of its own, taken by a worker: what hands work on, without a GitHub around it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

from bot.ids import InstallationId, Login, Person, Place, Repo, Sha, new_run_id
from bot.ledger import Ledger
from bot.ledger.runs import NewRun
from bot.limits import Limits
from bot.plans.model import Action, ErrorHandling, Plan
from bot.runs import Run, Target


class Silence:
    """Signals that nobody gives: whoever waits for one waits its time."""

    def tell(self, topic: str) -> None:
        pass

    def wait(self, _topic: str, timeout_s: float) -> bool:
        threading.Event().wait(timeout_s)
        return False


def queued(ledger: Ledger, *commands: str, limits: Limits | None = None, sha: str = "1" * 40) -> None:
    """A run of these shell commands, one after another, that may start."""
    place = Place(InstallationId(1), Repo("acme", "shop"), 1)
    target = Target(place, 1, on_pull=True, sha=Sha(sha), base_ref="main", source=place.repo)
    actions = tuple(Action("run_command", {"command": each}, each) for each in commands)
    plan = Plan(actions, ErrorHandling.STOP, "shell")
    run, who = new_run_id(), Person(1, Login("bench"))
    new = NewRun(run, run, target, who, "https://github.invalid/1", plan, limits or Limits(), "key")
    if ledger.runs.begin(new, [], datetime.now(UTC)) is None:
        raise AssertionError("The run was not begun.")


def claimed(ledger: Ledger, *commands: str) -> Run:
    """The same, taken."""
    queued(ledger, *commands)
    run = ledger.runs.claim_next(worker="bench", seal_key=b"k" * 32, now=datetime.now(UTC))
    if run is None:
        raise AssertionError("No run may start.")
    return run
