"""What the desk works with, and the facts that verbs may look at."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

import structlog

from bot.chat.ports import Chat, Installer
from bot.desk.leases import Leases
from bot.desk.remembering import Remembered
from bot.errors import Hiccup, UserError
from bot.forecast import Outlook
from bot.ids import Digest, Place, PlanId, Repo, RunId
from bot.lease import cancel_topic
from bot.ledger import Ledger
from bot.ledger.surfaces import NewSurface, SurfaceKind
from bot.locks import Lock
from bot.planning.model import ShownPlan
from bot.policy.verdict import Judgement
from bot.ports import (
    Accounts,
    Catalogue,
    Checkouts,
    Clock,
    Code,
    Mailbox,
    Permissions,
    PullRequests,
    Queue,
    Signals,
    SignIns,
    Standing,
)
from bot.recording import DESK_TOPIC, run_topic
from bot.reports import refusals
from bot.restraint import Speech
from bot.rules import ServerFile
from bot.runs import Run, RunState
from bot.vault import Vault
from bot.verbs.model import Thinker

log = structlog.get_logger(__name__)
T = TypeVar("T")

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
    chat: Chat | None = None  # None: no chat is set up
    accounts: Accounts | None = None
    listing: Catalogue | None = None
    sign_in: SignIns | None = None
    installs: Installer | None = None  # None: only the workspace of the environment's token has us
    tells_after: timedelta = timedelta(0)  # how long a run waits before its requester is told in the chat
    remembered: Remembered = field(default_factory=Remembered)
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

    def is_pull(self, place: Place, number: int) -> bool:
        """Whether this number is a pull request's; GitHub numbers issues along with them. 0 is neither."""
        if not number:
            return False
        try:
            self.code.pull(place, number)
        except UserError:
            return False
        return True

    # --- the chat: only there for events that came from one -----------------------------------------------

    @property
    def talk(self) -> Chat:
        return _set_up(self.chat)

    @property
    def directory(self) -> Accounts:
        return _set_up(self.accounts)

    @property
    def catalogue(self) -> Catalogue:
        return _set_up(self.listing)

    @property
    def sign_ins(self) -> SignIns:
        return _set_up(self.sign_in)

    @property
    def installer(self) -> Installer:
        return _set_up(self.installs)

    # ----------------------------------------------------------------------------------------------------

    def clone_url(self, repo: Repo) -> str:
        return f"{self.git_url.rstrip('/')}/{repo}.git"

    def check_page(self, run: Run) -> str:
        """The address of its check run on GitHub; "" while there is none."""
        number = self.ledger.surfaces.number_of(f"{SurfaceKind.CHECK_RUN}:{run.id}")
        return "" if number is None else f"{self.git_url.rstrip('/')}/{run.target.place.repo}/runs/{number}"

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
        """Say this once under an issue or a pull request, unless enough was said there, or about this run.

        A run about neither has no conversation on GitHub.
        """
        if not number:
            log.info("reply.nowhere", key=key)
            return
        reply = NewSurface(key, SurfaceKind.REPLY, place, number, content={"text": text})
        outcome = self.ledger.said.say(
            reply, self.server.restraint(), self.clock.now(), quiet=refusals.quiet_for_now(), about=about
        )
        if outcome is not Speech.SAID:
            log.info("reply.dropped", key=key, why=outcome)

    def nudge(self) -> None:
        """There is something to say."""
        self.signals.tell(DESK_TOPIC)

    def told(self, run: RunId) -> None:
        """Tap everybody who shows this run."""
        self.signals.tell(run_topic(run))
        self.signals.tell(DESK_TOPIC)


def _set_up(part: T | None) -> T:
    if part is None:
        raise UserError(refusals.no_chat())
    return part


def page_address(public_url: str, run: Run) -> str:
    """The run's own page. The key in it is what lets the reader in."""
    return f"{public_url.rstrip('/')}/runs/{run.id}?key={run.page_key}"
