"""Open runs held against the truth on GitHub, now and then: webhooks get lost, and so do updates."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from bot.desk.following import CANCELLED, GITHUB, end, follow, settle_place
from bot.desk.model import Desk
from bot.desk.rights import role_of
from bot.errors import Hiccup, UserError
from bot.policy import Denial, permit
from bot.ports import CheckRuns, Conclusion
from bot.reports import refusals
from bot.rules import Rules
from bot.runs import Run, RunState
from bot.verbs import VERBS

log = structlog.get_logger(__name__)


@dataclass
class Verifying:
    """Looks at every open run about once in `every`. Several desks share the work."""

    desk: Desk
    check_runs: CheckRuns
    every: timedelta
    _unreachable: set[int] = field(default_factory=set)  # repositories that were not found at the last look

    def look(self) -> None:
        for run in self.desk.ledger.runs.to_verify(self.desk.clock.now(), self.every):
            try:
                self._verify(run)
            except (Hiccup, UserError) as problem:
                log.info("verify.later", run=run.id, why=str(problem))

    def _verify(self, run: Run) -> None:
        if run.cancelled_by or not self._is_in_place(run):
            return
        denial = self._denial(run)
        if denial:
            end(self.desk, run, refusals.right_lost(denial), by=GITHUB)
        self._check_run(run)

    def _is_in_place(self, run: Run) -> bool:
        """False when the run was moved or ended. Most looks cost one question."""
        place = run.target.place
        if run.target.on_pull:
            try:
                pull = self.desk.code.pull(place, run.target.number)
            except UserError:
                return self._is_repository_in_place(run)
            if pull.repo == place.repo and not pull.archived:
                return follow(self.desk, run, pull, by=GITHUB) != CANCELLED
        return self._is_repository_in_place(run)

    def _is_repository_in_place(self, run: Run) -> bool:
        """A repository must be missing at two looks before that is believed."""
        place = run.target.place
        there = self.desk.code.whereabouts(place)
        if there is None and place.repo_id not in self._unreachable:
            self._unreachable.add(place.repo_id)
            return False
        self._unreachable.discard(place.repo_id)
        if there is not None and there.place == place and not there.archived:
            return True
        settle_place(self.desk, [run], by=GITHUB)
        return False

    def _denial(self, run: Run) -> str:
        """Why the person who asked may not any more, by the role that the verb needs of itself; or ""."""
        role = role_of(self.desk, run.target.place, run.requester)
        verdict = permit(VERBS["run"], run.requester, role, Rules())
        return verdict.reason if isinstance(verdict, Denial) else ""

    def _check_run(self, run: Run) -> None:
        shows = self.desk.ledger.surfaces.check_run_of(run.id)
        if shows is None:
            return
        seen = self.check_runs.stands(run.target.place, shows.remote_id)
        if seen != should_stand(run):
            log.warning("verify.shown_again", run=run.id, seen=seen)
            self.desk.ledger.surfaces.doubt(run.id, shows)
            self.desk.told(run.id)


def should_stand(run: Run) -> tuple[str, Conclusion | None]:
    """Pure: how the check run of an open run stands."""
    if run.state is RunState.PARKED:
        return "completed", Conclusion.ACTION_REQUIRED
    return ("queued" if run.state is RunState.QUEUED else "in_progress"), None
