"""The last yes before a container starts: rights and policy are asked again, and a checkout token is made."""

from __future__ import annotations

import structlog

from bot import clearance
from bot.clearance import Cleared
from bot.desk.approving import still_approved
from bot.desk.model import Desk
from bot.desk.policing import again, judged
from bot.desk.rights import Request, decide, rules_of
from bot.errors import Hiccup, UserError
from bot.ids import Repo, RunId
from bot.policy import Denial
from bot.ports import Origin
from bot.reports import refusals
from bot.rules import Rules
from bot.runs import Run
from bot.verbs import VERBS

log = structlog.get_logger(__name__)


def clear(desk: Desk, run_id: RunId) -> None:
    """Answer the worker that holds this run, sealed to the key that it wrote into the ledger.

    What time can fix is not answered yet: the worker asks again.
    """
    run = desk.ledger.runs.get(run_id)
    key = None if run is None else desk.ledger.runs.seal_key(run.id, run.epoch)
    if run is None or key is None:
        return  # nobody holds it any more
    try:
        answer = clearance.grant(_cleared(desk, run), to=key, run=run.id, epoch=run.epoch)
    except Hiccup as hiccup:
        log.info("clearing.later", run=run.id, why=str(hiccup))
        return
    except UserError as refusal:
        answer = clearance.refuse(str(refusal), to=key, run=run.id, epoch=run.epoch)
    desk.mailbox.answer(run.id, run.epoch, answer)


def _cleared(desk: Desk, run: Run) -> Cleared:
    place, number = run.target.place, run.target.number
    request = Request(VERBS["run"], run.requester, place, number)
    rules = rules_of(desk, place)
    verdict = decide(desk, request, rules)
    if isinstance(verdict, Denial):
        raise UserError(verdict.reason)
    still_approved(desk, run, judged(desk, again(desk, run, verdict.role), rules.policy))
    origin = Origin(
        url=desk.clone_url(_name_now(desk, run)),  # it serves the commits of its forks' pull requests too
        sha=run.target.sha,
        token=desk.checkouts.token(place),
    )
    return Cleared(origin, _secrets(desk, run, rules))


def _secrets(desk: Desk, run: Run, rules: Rules) -> dict[str, str]:
    """Those that are asked for by steps which are to be done. The policy has agreed; this makes sure."""
    steps = [step for step in run.steps if not run.kept(step)]
    wanted = sorted({name for step in steps for name in step.action.parameters.get("secrets", ())})
    if wanted and run.target.from_fork:
        raise UserError(refusals.no_secrets_for_forks())
    missing = [name for name in wanted if name not in rules.secrets]
    if missing:
        raise UserError(refusals.secret_withdrawn(missing[0]))
    return {name: desk.vault.value(name) for name in wanted}


def _name_now(desk: Desk, run: Run) -> Repo:
    """Hands follow no redirect. What has the name but not the id opens to no token of ours."""
    place, number = run.target.place, run.target.number
    if not run.target.on_pull:
        there = desk.code.whereabouts(place)
        return place.repo if there is None else there.place.repo
    pull = desk.code.pull(place, number)
    if not pull.open:
        raise UserError(refusals.closed_meanwhile(number))
    return pull.repo or place.repo
