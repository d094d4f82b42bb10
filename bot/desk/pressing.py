"""Buttons of a check run: a new attempt of its run, for whoever may run it."""

from __future__ import annotations

from dataclasses import dataclass

from bot.desk.admitting import permitted
from bot.desk.again import OnceMore, begin_attempt
from bot.desk.approving import Answer, approve, deny
from bot.desk.configuring import KEY, review_again
from bot.desk.model import Desk
from bot.desk.restraining import DROPPED, of_person
from bot.desk.rights import Request, rules_of
from bot.errors import UserError
from bot.events import CheckPressed, SuiteRerun
from bot.ids import Person, RunId, Sha
from bot.reports import gates, refusals
from bot.reports.check import AGAIN, APPROVE, DENY, EXPLAIN, RETRY_FAILED
from bot.reports.explaining import explained
from bot.restraint import Welcome
from bot.retrying import Choice, Everything, Failed
from bot.rules import Rules
from bot.runs import Run, Target
from bot.verbs import VERBS
from bot.verbs.retry import pinned

_CHOICES: dict[str | None, Choice] = {
    RETRY_FAILED.identifier: Failed(),
    AGAIN.identifier: Everything(),
    None: Everything(),  # GitHub's own "Re-run"
}


_GATE_BUTTONS = frozenset({APPROVE.identifier, DENY.identifier, EXPLAIN.identifier})


@dataclass(frozen=True)
class _Press:
    """Somebody wants this run once more. `key` is the same for every delivery of the same press."""

    run: Run
    choice: Choice
    actor: Person
    key: str


def attend_button(desk: Desk, event: CheckPressed) -> str:
    """ "Retry failed" and "Re-run", ours or GitHub's own."""
    if event.run_ref.startswith(KEY):
        return review_again(desk, event)
    choice = _CHOICES.get(event.button)
    if choice is None and event.button not in _GATE_BUTTONS:
        return "No button of ours."
    run = desk.ledger.runs.get(RunId(event.run_ref))
    if run is None or run.target.place.repo_id != event.place.repo_id:
        return "No run of ours."
    stamp = int(event.at.timestamp() * 1000)
    key = f"press:{event.check_run_id}:{event.actor.id}:{stamp}"
    if choice is None:
        return _at_the_gate(desk, run, event, key)
    return _once_more(desk, _Press(run, choice, event.actor, key))


def _at_the_gate(desk: Desk, run: Run, event: CheckPressed, key: str) -> str:
    """ "Approve", "Deny" and "Explain": the same as by comment, for whoever may."""
    target = run.target
    request = Request(VERBS[str(event.button)], event.actor, target.place, target.number)
    welcome = of_person(desk, request.verb, event.actor, key=key)
    if welcome is Welcome.DROPPED:
        return f"{request.verb.name}: {DROPPED}"
    try:
        rules = rules_of(desk, target.place)
        verdict = permitted(desk, request, rules, welcome=welcome, key=key)
        said = _said(
            desk, str(event.button), Answer(run, event.actor, verdict.role), rules, shown=event.head_sha
        )
    except UserError as refusal:
        said = str(refusal)
    desk.reply(target.place, target.number, key=f"reply:{key}", text=said, about=run.id)
    return "Answered."


def _said(desk: Desk, button: str, answer: Answer, rules: Rules, *, shown: Sha) -> str:
    """`shown` is the commit of the check run that was before them: a later attempt may be at another one."""
    if button == EXPLAIN.identifier:
        return explained(answer.run, desk.judgement(answer.run))
    if shown != answer.run.target.sha:
        raise UserError(gates.of_another_commit(answer.run))
    if button == DENY.identifier:
        return deny(desk, answer, "")
    return approve(desk, answer, policy=rules.policy.version)


def attend_suite(desk: Desk, event: SuiteRerun) -> str:
    """ "Re-run all checks": the newest run of that commit."""
    run = desk.ledger.runs.latest_on(event.place, event.head_sha)
    if run is None:
        return "No run of ours on that commit."
    stamp = int(event.at.timestamp() * 1000)
    key = f"suite:{event.suite_id}:{event.actor.id}:{stamp}"
    return _once_more(desk, _Press(run, Everything(), event.actor, key))


def _once_more(desk: Desk, press: _Press) -> str:
    target = press.run.target
    request = Request(VERBS["retry"], press.actor, target.place, target.number)
    welcome = of_person(desk, request.verb, press.actor, key=press.key)
    if welcome is Welcome.DROPPED:
        return f"{request.verb.name}: {DROPPED}"
    try:
        rules = rules_of(desk, target.place)
        verdict = permitted(desk, request, rules, welcome=welcome, key=press.key)
        wish = OnceMore(
            key=press.key,
            run=press.run,
            choice=press.choice,
            target=_at_its_head(desk, press.run),
            requester=press.actor,
            role=verdict.role,
            request_url=press.run.request_url,
            rules=rules,
        )
        run = begin_attempt(desk, wish)
    except UserError as refusal:
        key = f"reply:{press.key}"
        desk.reply(target.place, target.number, key=key, text=str(refusal), about=press.run.id)
        return "Refused."
    return "Begun before." if run is None else f"Run {run.id}, attempt {run.attempt}."


def _at_its_head(desk: Desk, run: Run) -> Target:
    """A button says nothing of old and new: it works only where the commit is still the newest."""
    target = pinned(run, desk)
    if target.on_pull and desk.code.pull(target.place, target.number).head_sha != target.sha:
        raise UserError(refusals.head_moved(run.id))
    return target
