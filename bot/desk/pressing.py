"""Buttons of a check run: the same plan on the same commit once more, for whoever may run it."""

from __future__ import annotations

from dataclasses import dataclass

from bot.desk.beginning import Wish, begin
from bot.desk.model import Desk
from bot.desk.rights import Request, decide, rules_of
from bot.errors import UserError
from bot.events import CheckPressed, SuiteRerun
from bot.ids import Person, RunId
from bot.policy import Denial
from bot.reports import refusals
from bot.reports.check import AGAIN
from bot.runs import Run
from bot.verbs import VERBS


@dataclass(frozen=True)
class _Press:
    """Somebody wants this run once more. `key` is the same for every delivery of the same press."""

    run: Run
    actor: Person
    key: str


def attend_button(desk: Desk, event: CheckPressed) -> str:
    """ "Run again", ours or GitHub's own."""
    if event.button not in (None, AGAIN.identifier):
        return "No button of ours."
    run = desk.ledger.runs.get(RunId(event.run_ref))
    if run is None or run.target.place.repo_id != event.place.repo_id:
        return "No run of ours."
    stamp = int(event.at.timestamp() * 1000)
    return _again(desk, _Press(run, event.actor, f"press:{event.check_run_id}:{event.actor.id}:{stamp}"))


def attend_suite(desk: Desk, event: SuiteRerun) -> str:
    """ "Re-run all checks": the newest run of that commit."""
    run = desk.ledger.runs.latest_on(event.place, event.head_sha)
    if run is None:
        return "No run of ours on that commit."
    stamp = int(event.at.timestamp() * 1000)
    return _again(desk, _Press(run, event.actor, f"suite:{event.suite_id}:{event.actor.id}:{stamp}"))


def _again(desk: Desk, press: _Press) -> str:
    target = press.run.target
    try:
        rules = rules_of(desk, target.place)
        verdict = decide(desk, Request(VERBS["run"], press.actor, target.place, target.number), rules)
        if isinstance(verdict, Denial):
            raise UserError(verdict.reason)
        _still_there(desk, press.run)
    except UserError as refusal:
        desk.reply(target.place, target.number, key=f"reply:{press.key}", text=str(refusal))
        return "Refused."
    begun = begin(
        desk,
        Wish(
            key=press.key,
            plan=press.run.plan,
            target=target,
            requester=press.actor,
            request_url=press.run.request_url,
            limits=rules.limits,
            image=rules.image or "",
        ),
    )
    return "Begun before." if begun is None else f"Run {begun.id}."


def _still_there(desk: Desk, run: Run) -> None:
    """The pull request is open and still at the commit of that run."""
    if not run.target.on_pull:
        return
    pull = desk.code.pull(run.target.place, run.target.number)
    if not pull.open:
        raise UserError(refusals.closed_meanwhile(pull.number))
    if pull.head_sha != run.target.sha:
        raise UserError(refusals.head_moved(run.id))
