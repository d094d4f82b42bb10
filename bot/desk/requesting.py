"""What is asked over the API: permitted or refused like a comment, answered where the asker looks for it."""

from __future__ import annotations

from bot.api import RequestState
from bot.desk.admitting import permitted
from bot.desk.approving import Answer, approve, deny
from bot.desk.model import Desk
from bot.desk.restraining import of_person
from bot.desk.rights import Request, end_in_budget, rules_of
from bot.errors import BudgetExhausted, UserError
from bot.events import Requested, Subject
from bot.gates import Gate, GateState
from bot.ids import Place, RunId
from bot.policy import Came
from bot.reading import Ask
from bot.reports import refusals, replies
from bot.rules import served
from bot.runs import Run
from bot.verbs import VERBS
from bot.verbs.model import Asked, Reply


def attend_request(desk: Desk, event: Requested) -> str:
    """Answer it once; who is refused is told why."""
    try:
        state, text = _answered(desk, event)
    except UserError as refusal:
        state, text = RequestState.REFUSED, str(refusal)
    desk.ledger.api_requests.answer(event.id, state, text)
    return f"{event.verb}: {state}."


def give_up_request(desk: Desk, event: Requested) -> None:
    """Time did not fix what kept us from attending to it."""
    desk.ledger.api_requests.answer(event.id, RequestState.REFUSED, refusals.github_silent_to_requests())


def _answered(desk: Desk, event: Requested) -> tuple[RequestState, str]:
    there = desk.code.whereabouts(event.place)
    if there is None or not served(there.place.repo, desk.server):
        raise UserError(refusals.unreachable(str(event.place.repo)))
    verb, key = VERBS[event.verb], f"api:{event.id}"
    request = Request(verb, event.person, there.place, event.number, Came.API)
    welcome = of_person(desk, verb, event.person, key=key)
    rules = rules_of(desk, there.place)
    grant = permitted(desk, request, rules, welcome=welcome, key=key)
    if event.verb != "ask":
        by = Answer(_run(desk, there.place, event), event.person, grant.role)
        return _settled(desk, event, by, policy=rules.policy.version)
    asked = Asked(
        ask=Ask("ask", text=event.words),
        person=event.person,
        place=there.place,
        number=event.number,
        on_pull=desk.is_pull(there.place, event.number),
        subject=Subject(),  # nobody froze it, and what it says now may be a stranger's
        edited=False,
        grant=grant,
        rules=rules,
        key=key,
    )
    try:
        answer = verb.answer(asked, desk)
    except BudgetExhausted as spent:
        end_in_budget(desk, request, spent.budget)
        raise
    if not isinstance(answer, Reply):
        raise TypeError(f"`{verb.name}` does more than to answer.")
    return RequestState.ANSWERED, answer.text


def _settled(desk: Desk, event: Requested, by: Answer, *, policy: str) -> tuple[RequestState, str]:
    """Who comes second is told who was first, and that is a refusal."""
    if event.verb == "approve":
        text = approve(desk, by, policy=policy, digest=event.words)
    else:
        text = deny(desk, by, event.words)
    gate = desk.ledger.gates.of(by.run)
    counted = gate is not None and (_approves if event.verb == "approve" else _denies)(gate, event)
    return (RequestState.ANSWERED if counted else RequestState.REFUSED), text


def _approves(gate: Gate, event: Requested) -> bool:
    return event.person.id in {each.by.id for each in gate.approvals}


def _denies(gate: Gate, event: Requested) -> bool:
    return gate.state is GateState.REFUSED and gate.settled_by == event.person.login


def _run(desk: Desk, place: Place, event: Requested) -> Run:
    run = desk.ledger.runs.get(RunId(event.run))
    if run is None or run.target.place.repo_id != place.repo_id:
        raise UserError(replies.no_such_run(event.run))
    return run
