"""The last yes before a container starts: rights are read again, and a checkout token is made."""

from __future__ import annotations

from bot import clearance
from bot.desk.model import Desk
from bot.desk.rights import Request, decide, rules_of
from bot.errors import Hiccup, UserError
from bot.ids import RunId
from bot.policy import Denial
from bot.ports import Origin
from bot.reports import refusals
from bot.runs import Run
from bot.verbs import VERBS


def clear(desk: Desk, run_id: RunId) -> None:
    """Answer the worker that holds this run, sealed to the key that it wrote into the ledger."""
    run = desk.ledger.runs.get(run_id)
    key = None if run is None else desk.ledger.runs.seal_key(run.id, run.epoch)
    if run is None or key is None:
        return  # nobody holds it any more
    try:
        answer = clearance.grant(_origin(desk, run), to=key, run=run.id, epoch=run.epoch)
    except (UserError, Hiccup) as refusal:
        answer = clearance.refuse(str(refusal), to=key, run=run.id, epoch=run.epoch)
    desk.mailbox.answer(run.id, run.epoch, answer)


def _origin(desk: Desk, run: Run) -> Origin:
    place, number = run.target.place, run.target.number
    request = Request(VERBS["run"], run.requester, place, number)
    verdict = decide(desk, request, rules_of(desk, place))
    if isinstance(verdict, Denial):
        raise UserError(verdict.reason)
    if run.target.on_pull and not desk.code.pull(place, number).open:
        raise UserError(refusals.closed_meanwhile(number))
    return Origin(
        url=desk.clone_url(place.repo),  # it serves the commits of its forks' pull requests too
        sha=run.target.sha,
        token=desk.checkouts.token(place.installation, place.repo),
    )
