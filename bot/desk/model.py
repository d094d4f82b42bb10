"""What the desk works with, and the facts that verbs may look at."""

from __future__ import annotations

from dataclasses import dataclass, field

import structlog

from bot.desk.leases import Leases
from bot.errors import Hiccup
from bot.forecast import Outlook
from bot.ids import Digest, Place, PlanId, Repo, RunId
from bot.lease import cancel_topic
from bot.ledger import Ledger
from bot.ledger.surfaces import NewSurface, SurfaceKind
from bot.locks import Lock
from bot.planning.model import ShownPlan
from bot.policy.verdict import Judgement
from bot.ports import Checkouts, Clock, Code, Mailbox, Permissions, PullRequests, Queue, Signals, Standing
from bot.recording import DESK_TOPIC, run_topic
from bot.reports.refusals import quiet_for_now
from bot.restraint import Speech
from bot.rules import ServerFile
from bot.runs import Run, RunState
from bot.vault import Vault
from bot.verbs.model import Thinker

log = structlog.get_logger(__name__)

AT_ONCE = 4  # reminders when room became free: a worker that comes looks for more by itself


@dataclass(frozen=True)
class Desk:
    """Everything the desk may use. It has the App's key behind these ports, and no Docker."""

    ledger: Ledger
    permissions: Permissions
    code: Code
    standing: Standing
    pull_requests: PullRequests
    checkouts: Checkouts
    mailbox: Mailbox
    queue: Queue
    signals: Signals
    clock: Clock
    server: ServerFile
    slug: str  # the App's name in `@slug run`
    public_url: str  # where the run pages are
    git_url: str  # where repositories are fetched from
    thinker: Thinker | None = None  # None: no model is set up
    vault: Vault = field(default_factory=Vault)
    leases: Leases = field(default_factory=Leases)

    # --- bot.verbs.model.Facts --------------------------------------------------------------------------

    def run(self, run: RunId) -> Run | None:
        return self.ledger.runs.get(run)

    def shown_plan(self, plan: PlanId) -> ShownPlan | None:
        return self.ledger.shown.get(plan, self.clock.now())

    def latest_run(self, place: Place, number: int) -> Run | None:
        return self.ledger.runs.latest(place, number)

    def open_runs(self, place: Place, number: int) -> tuple[Run, ...]:
        here = (place.repo_id, number)
        runs = (
            run for run in self.ledger.runs.open() if (run.target.place.repo_id, run.target.number) == here
        )
        return tuple(sorted(runs, key=lambda run: run.queued_at))

    def locks(self, place: Place) -> tuple[Lock, ...]:
        return self.ledger.locks.of(place.repo_id, self.clock.now())

    def environment_runs(self, place: Place) -> tuple[Run, ...]:
        return self.ledger.runs.in_environments(place.repo_id)

    def outlook(self, run: Run) -> Outlook | None:
        return self.ledger.line.outlook(run, self.clock.now())

    def latest_published(self, place: Place, number: int) -> Run | None:
        return self.ledger.runs.latest_published(place, number)

    def latest_of(self, place: Place, digest: Digest) -> Run | None:
        return self.ledger.runs.latest_of(place, digest)

    def patch(self, run: Run) -> bytes:
        changes = self.ledger.runs.changes(run.id)
        return b"" if changes is None else changes.patch

    def judgement(self, run: Run) -> Judgement | None:
        return self.ledger.runs.judgement(run.id)

    def page(self, run: Run) -> str:
        return page_address(self.public_url, run)

    # ----------------------------------------------------------------------------------------------------

    def clone_url(self, repo: Repo) -> str:
        return f"{self.git_url.rstrip('/')}/{repo}.git"

    def cancel(self, run: RunId, by: str, *, reason: str = "") -> Run | None:
        """Ask for its end; its worker is tapped, and the first who asked stays the one who did."""
        found = self.ledger.runs.ask_cancel(run, by, self.clock.now(), reason=reason)
        self.signals.tell(cancel_topic(run))
        self.told(run)
        return found

    def goes_on(self, run: Run) -> None:
        """It has just come into this state: whoever has something to do now is reminded of it."""
        remind = {RunState.QUEUED: self.queue.perform, RunState.PUBLISHING: self.queue.publish}
        try:
            if run.state in remind:
                remind[run.state](run.id)
        except Hiccup as hiccup:
            log.info("run.queue_away", run=run.id, why=str(hiccup))  # the sweeper reminds the queue
        self.told(run.id)

    def room(self) -> None:
        """Somewhere room became free: remind hands of what may start now."""
        try:
            for run in self.ledger.runs.may_start(self.clock.now(), AT_ONCE):
                self.queue.perform(run)
        except Hiccup as hiccup:
            log.info("room.queue_away", why=str(hiccup))  # the sweeper reminds them

    def reply(self, place: Place, number: int, *, key: str, text: str, about: RunId | None = None) -> None:
        """Say this once under an issue or a pull request, unless enough was said there, or about this run."""
        reply = NewSurface(key, SurfaceKind.REPLY, place, number, content={"text": text})
        outcome = self.ledger.said.say(
            reply, self.server.restraint(), self.clock.now(), quiet=quiet_for_now(), about=about
        )
        if outcome is not Speech.SAID:
            log.info("reply.dropped", key=key, why=outcome)

    def told(self, run: RunId) -> None:
        """Tap everybody who shows this run."""
        self.signals.tell(run_topic(run))
        self.signals.tell(DESK_TOPIC)


def page_address(public_url: str, run: Run) -> str:
    """The run's own page. The key in it is what lets the reader in."""
    return f"{public_url.rstrip('/')}/runs/{run.id}?key={run.page_key}"
