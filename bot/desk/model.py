"""What the desk works with, and the facts that verbs may look at."""

from __future__ import annotations

from dataclasses import dataclass

from bot.ids import Place, Repo, RunId
from bot.lease import cancel_topic
from bot.ledger import Ledger
from bot.ledger.surfaces import NewSurface, SurfaceKind
from bot.ports import Checkouts, Clock, Code, Mailbox, Permissions, PullRequests, Queue, Signals
from bot.recording import DESK_TOPIC, run_topic
from bot.rules import ServerFile
from bot.runs import Run


@dataclass(frozen=True)
class Desk:
    """Everything the desk may use. It has the App's key behind these ports, and no Docker."""

    ledger: Ledger
    permissions: Permissions
    code: Code
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

    # --- bot.verbs.model.Facts --------------------------------------------------------------------------

    def run(self, run: RunId) -> Run | None:
        return self.ledger.runs.get(run)

    def latest_run(self, place: Place, number: int) -> Run | None:
        return self.ledger.runs.latest(place, number)

    def open_runs(self, place: Place, number: int) -> tuple[Run, ...]:
        here = (place.repo_id, number)
        runs = (
            run for run in self.ledger.runs.open() if (run.target.place.repo_id, run.target.number) == here
        )
        return tuple(sorted(runs, key=lambda run: run.queued_at))

    def page(self, run: Run) -> str:
        return page_address(self.public_url, run)

    # ----------------------------------------------------------------------------------------------------

    def clone_url(self, repo: Repo) -> str:
        return f"{self.git_url.rstrip('/')}/{repo}.git"

    def cancel(self, run: RunId, by: str) -> Run | None:
        """Ask for its end; its worker is tapped, and the first who asked stays the one who did."""
        found = self.ledger.runs.ask_cancel(run, by, self.clock.now())
        self.signals.tell(cancel_topic(run))
        self.told(run)
        return found

    def reply(self, place: Place, number: int, *, key: str, text: str) -> None:
        """Say this once under an issue or a pull request; with the same key it is said already."""
        self.ledger.surfaces.add(
            NewSurface(key=key, kind=SurfaceKind.REPLY, place=place, number=number, content={"text": text}),
            self.clock.now(),
        )

    def told(self, run: RunId) -> None:
        """Tap everybody who shows this run."""
        self.signals.tell(run_topic(run))
        self.signals.tell(DESK_TOPIC)


def page_address(public_url: str, run: Run) -> str:
    """The run's own page. The key in it is what lets the reader in."""
    return f"{public_url.rstrip('/')}/runs/{run.id}?key={run.page_key}"
