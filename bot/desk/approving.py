"""Parked runs: approved by who may, for exactly what was shown; denied, left to lapse, or void."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from bot.desk.model import Desk
from bot.errors import UserError
from bot.gates import (
    OPEN_FOR,
    Approval,
    Bound,
    Gate,
    GateState,
    NewGate,
    bar,
    changed,
    fresh,
    names,
    still_needed,
    teams_of,
)
from bot.ids import Person, RunId
from bot.ledger.audit import AuditLine
from bot.ledger.gates import Settlement
from bot.plans.model import Plan
from bot.policy import Judgement, Need
from bot.ports import Role
from bot.reports import gates as words
from bot.runs import Run, RunState, Target


@dataclass(frozen=True)
class Answer:
    """Somebody's yes or no to a parked run, with the role that GitHub tells now."""

    run: Run
    by: Person
    role: Role


def gate_for(desk: Desk, plan: Plan, target: Target, judgement: Judgement) -> NewGate | None:
    """What a run of this plan is parked behind, if anything. UserError when it could not be shown whole."""
    if not judgement.needs:
        return None
    if words.too_long(plan, judgement.needs):
        raise UserError(words.cannot_be_shown())
    shown = bound(desk, plan, target, policy=judgement.policy_version)
    return NewGate(judgement.needs, shown, desk.clock.now() + OPEN_FOR)


def bound(desk: Desk, plan: Plan, target: Target, *, policy: str) -> Bound:
    """What an approval is for, as GitHub has it now."""
    if not target.on_pull:
        _, tip = desk.code.default_branch(target.place)
        return Bound(plan.digest, tip, tip, policy)
    pull = desk.code.pull(target.place, target.number)
    return Bound(plan.digest, pull.head_sha, pull.base_sha, policy)


def approve(desk: Desk, answer: Answer, *, policy: str, digest: str = "") -> str:
    """What is said about it. UserError when this approval does not count."""
    run, now = answer.run, desk.clock.now()
    gate = _gate(desk, run)
    if gate.state is not GateState.SHUT:
        return words.settled(run, gate)
    if digest and not names(gate.bound.digest, digest):
        raise UserError(words.other_digest(run))
    if gate.until <= now:
        return words.settled(run, _settle(desk, run, _lapsed()))
    what = changed(gate.bound, bound(desk, run.plan, run.target, policy=policy))
    if what:
        return words.settled(run, _settle(desk, run, _void(what)))
    yes = Approval(answer.by, answer.role, now, teams_now(desk, run, answer.by, gate.needs))
    why = bar(gate, yes, run.requester)
    if why is not None:
        desk.ledger.audit.write(_line(desk, answer, gate, "approval refused", words.barred(run, why)))
        raise UserError(words.barred(run, why))
    line = _line(desk, answer, gate, "approved", words.yes(answer.by.login))
    after = desk.ledger.gates.approve(run, yes, now, line, told=words.approved_by)
    if after is None or answer.by.id not in {each.by.id for each in after.approvals}:
        return words.settled(run, after or gate)
    desk.goes_on(desk.run(run.id) or run)
    return words.approved(run, after)


def deny(desk: Desk, answer: Answer, why: str) -> str:
    """What is said about it."""
    run = answer.run
    gate = _gate(desk, run)
    if gate.state is not GateState.SHUT:
        return words.settled(run, gate)
    login = answer.by.login
    refusal = Settlement(GateState.REFUSED, RunState.DENIED, login, words.denied(login, why))
    after = _settle(desk, run, refusal, _line(desk, answer, gate, "denied", refusal.reason))
    ours = after.state is GateState.REFUSED and after.settled_by == login
    return words.denied_now(run) if ours else words.settled(run, after)


def still_approved(desk: Desk, run: Run, judgement: Judgement) -> None:
    """Asked again before the first container. UserError when what was approved is not what would run now."""
    gate = desk.ledger.gates.of(run)
    if gate is None and not judgement.needs:
        return
    if gate is None:
        raise UserError(words.needed_now())
    what = changed(gate.bound, bound(desk, run.plan, run.target, policy=judgement.policy_version))
    if what:
        raise UserError(words.void(what))
    recent = fresh(gate.approvals, desk.clock.now())
    if still_needed(gate.needs, recent, run.requester):
        raise UserError(words.approval_too_old())
    needs = (*gate.needs, *judgement.needs)
    live = [
        replace(
            each,
            role=desk.permissions.role(run.target.place, each.by.login),
            teams=teams_now(desk, run, each.by, needs),
        )
        for each in recent
    ]
    if still_needed(gate.needs, live, run.requester):
        raise UserError(words.approver_lost_right())
    if still_needed(judgement.needs, live, run.requester):
        raise UserError(words.needed_now())


def teams_now(desk: Desk, run: Run, person: Person, needs: Iterable[Need]) -> tuple[str, ...]:
    """Those of the teams that are needed in which they are now. What GitHub does not tell helps nobody."""
    place, login = run.target.place, person.login
    return tuple(team for team in teams_of(needs) if desk.permissions.member(place, team, login))


def void_when_moved(desk: Desk, run: Run, head: str) -> bool:
    """A parked run whose pull request has moved on: nobody can approve any more what is not there."""
    if run.state is not RunState.PARKED or head == run.target.sha:
        return False
    _settle(desk, run, _void("commit"))
    return True


def look_at_gates(desk: Desk) -> None:
    """Remind of what will lapse soon, and let lapse what nobody has approved."""
    now = desk.clock.now()
    for run in _runs(desk, desk.ledger.gates.to_remind(now)):
        key = f"reminder:{run.id}:{run.attempt}"
        desk.reply(run.target.place, run.target.number, key=key, text=words.reminder(run), about=run.id)
    for run in _runs(desk, desk.ledger.gates.lapsed(now)):
        _settle(desk, run, _lapsed())


def _runs(desk: Desk, ids: tuple[RunId, ...]) -> list[Run]:
    return [run for each in ids if (run := desk.run(each)) is not None]


def _gate(desk: Desk, run: Run) -> Gate:
    gate = desk.ledger.gates.of(run)
    if gate is None:
        raise UserError(words.nothing_to_approve(run))
    if gate.state is GateState.SHUT and run.state is not RunState.PARKED:  # it was cancelled
        raise UserError(words.nothing_to_approve(run))
    return gate


def _settle(desk: Desk, run: Run, settlement: Settlement, line: AuditLine | None = None) -> Gate:
    after = desk.ledger.gates.settle(run, settlement, desk.clock.now(), line)
    desk.told(run.id)
    if after is None:
        raise AssertionError("A parked run has a gate.")
    return after


def _lapsed() -> Settlement:
    return Settlement(GateState.LAPSED, RunState.EXPIRED, "", words.lapsed())


def _void(what: str) -> Settlement:
    return Settlement(GateState.VOID, RunState.EXPIRED, "", words.void(what))


def _line(desk: Desk, answer: Answer, gate: Gate, verdict: str, reason: str) -> AuditLine:
    """Who answered whose wish, for exactly which plan, commits and policy."""
    run = answer.run
    return AuditLine(
        at=desk.clock.now(),
        actor=answer.by.login,
        actor_id=answer.by.id,
        place=str(run.target.place.repo),
        number=run.target.number,
        what="approval",
        verdict=verdict,
        reason=reason,
        run=run.id,
        rule=", ".join(dict.fromkeys(need.rule for need in gate.needs)),
        digest=gate.bound.digest,
        details={
            "requester": str(run.requester.login),
            "requester_id": str(run.requester.id),
            "head": str(gate.bound.head),
            "base": str(gate.bound.base),
            "policy": gate.bound.policy,
        },
    )
