"""Gates of parked runs, on both databases: each opens once, and nobody starts a run behind a shut one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.gates import OPEN_FOR, Approval, Bound, GateState, NewGate
from bot.ids import Login, Person, RunId, Sha
from bot.ledger import Ledger
from bot.ledger.attempts import NewAttempt
from bot.ledger.audit import AuditLine
from bot.ledger.gates import Settlement
from bot.limits import Limits
from bot.policy import Need
from bot.ports import Role
from bot.reports.gates import approved_by
from bot.runs import Run, RunState, StepState
from tests.scripted import HEAD, NOON, WILL, begun, commands, taken

MIA = Person(2, Login("maint-mia"))
OLGA = Person(1, Login("owner-olga"))
PLAN = commands("one", "two")
BOUND = Bound(PLAN.digest, HEAD, Sha("b" * 40), "p1")
LATER = NOON + OPEN_FOR + timedelta(seconds=1)


def need(*, role: Role = Role.MAINTAIN, count: int = 1) -> Need:
    return Need((1,), role, count, by_another=True, sentence="It is destructive.", rule="destructive")


def gate(*needs: Need) -> NewGate:
    return NewGate(needs or (need(),), BOUND, NOON + OPEN_FOR)


def parked(ledger: Ledger, *needs: Need) -> Run:
    return now(ledger, begun(ledger, PLAN, gate=gate(*needs)))


def now(ledger: Ledger, run: RunId) -> Run:
    found = ledger.runs.get(run)
    assert found is not None
    return found


def yes(by: Person, role: Role = Role.MAINTAIN) -> Approval:
    return Approval(by, role, NOON)


def line(what: str = "approved") -> AuditLine:
    return AuditLine(NOON, "maint-mia", 2, "acme/shop", 7, "approval", what, "She looked at it.")


REFUSED = Settlement(GateState.REFUSED, RunState.DENIED, "owner-olga", "Denied by owner-olga.")


def test_nobody_takes_a_parked_run(ledger: Ledger) -> None:
    """It waits behind its gate: no worker can have it, and nothing reminds of it."""
    run = parked(ledger)

    assert (run.state, run.gate is not None) == (RunState.PARKED, True)
    assert ledger.runs.claim_next(worker="hands:1", seal_key=b"k", now=NOON) is None
    assert ledger.runs.may_start(LATER, 8) == []


def test_an_approval_queues_it(ledger: Ledger) -> None:
    """The last approval that is needed opens the gate, and a worker can take the run."""
    run = parked(ledger)

    opened = ledger.gates.approve(run, yes(MIA), NOON, line(), told=approved_by)

    assert opened is not None
    assert (opened.state, opened.settled_by) == (GateState.OPENED, "maint-mia")
    assert taken(ledger, run.id).state is RunState.RUNNING


def test_two_people_are_two_people(ledger: Ledger) -> None:
    """Where two must approve, one of them twice is one."""
    run = parked(ledger, need(count=2))

    first = ledger.gates.approve(run, yes(MIA), NOON, line(), told=approved_by)
    again = ledger.gates.approve(run, yes(MIA), NOON, line(), told=approved_by)
    assert now(ledger, run.id).state is RunState.PARKED
    second = ledger.gates.approve(run, yes(OLGA, Role.ADMIN), NOON, line(), told=approved_by)

    assert [each.state for each in (first, again, second) if each] == [
        GateState.SHUT,
        GateState.SHUT,
        GateState.OPENED,
    ]
    assert now(ledger, run.id).state is RunState.QUEUED


def test_of_yes_and_no_at_once_one_counts(ledger: Ledger) -> None:
    """Twenty people answer at the same moment: all of them are told the same one outcome."""
    run = parked(ledger)

    def answers(number: int) -> object:
        if number % 2:
            return ledger.gates.approve(
                run, yes(Person(100 + number, Login(f"p{number}"))), NOON, line(), told=approved_by
            )
        return ledger.gates.settle(run, replace(REFUSED, by=f"p{number}"), NOON)

    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(answers, range(20)))

    settled = ledger.gates.of(run)
    assert settled is not None
    assert [(each.state, each.settled_by) for each in seen] == [(settled.state, settled.settled_by)] * 20  # type: ignore[attr-defined]
    ends = {GateState.OPENED: RunState.QUEUED, GateState.REFUSED: RunState.DENIED}
    assert now(ledger, run.id).state is ends[settled.state]


def test_every_answer_that_counts_is_in_the_audit(ledger: Ledger) -> None:
    """With the answer itself, or not at all: one that comes late leaves no line."""
    run = parked(ledger)

    ledger.gates.settle(run, REFUSED, NOON, line("denied"))
    ledger.gates.approve(run, yes(MIA), NOON, line(), told=approved_by)
    ledger.gates.settle(run, REFUSED, NOON, line("denied"))

    assert [each.verdict for each in ledger.audit.lines()] == ["denied"]


def test_a_denied_run_ends_with_its_reason(ledger: Ledger) -> None:
    """Its steps never began, and no later approval brings it back."""
    run = parked(ledger)

    ledger.gates.settle(run, REFUSED, NOON)
    late = ledger.gates.approve(run, yes(MIA), NOON, line(), told=approved_by)

    ended = now(ledger, run.id)
    assert (ended.state, ended.reason) == (RunState.DENIED, "Denied by owner-olga.")
    assert {step.state for step in ended.steps} == {StepState.SKIPPED}
    assert late is not None
    assert (late.state, late.approvals) == (GateState.REFUSED, ())


def test_a_parked_run_can_be_cancelled(ledger: Ledger) -> None:
    """It ends at once; its gate opens for nobody any more and does not lapse."""
    run = parked(ledger)

    ledger.runs.ask_cancel(run.id, "writer-will", NOON)
    ledger.gates.approve(run, yes(MIA), NOON, line(), told=approved_by)

    assert now(ledger, run.id).state is RunState.CANCELLED
    assert ledger.gates.lapsed(LATER) == ()


def test_a_gate_lapses_and_reminds_once_before(ledger: Ledger) -> None:
    """An hour before its end somebody is reminded; at its end it is found, until it is settled."""
    run = parked(ledger)

    assert ledger.gates.to_remind(NOON) == ()
    soon = NOON + OPEN_FOR - timedelta(minutes=59)
    assert (ledger.gates.to_remind(soon), ledger.gates.to_remind(soon)) == ((run.id,), ())
    assert (ledger.gates.lapsed(soon), ledger.gates.lapsed(LATER)) == ((), (run.id,))


def test_an_approval_is_for_one_attempt(ledger: Ledger) -> None:
    """Another attempt of the same run has a gate of its own, shut until somebody opens it."""
    run = parked(ledger)
    ledger.gates.approve(run, yes(MIA), NOON, line(), told=approved_by)
    ledger.runs.ask_cancel(run.id, "writer-will", NOON)
    ended = now(ledger, run.id)

    again = ledger.attempts.begin(
        NewAttempt(
            run=ended,
            key="again",
            requester=WILL,
            request_url="https://github.test/c/2",
            target=ended.target,
            steps=(0, 1),
            state=RunState.PARKED,
            limits=Limits(),
            gate=gate(),
        ),
        NOON,
    )

    assert again is not None
    assert again.gate is not None
    assert (again.state, again.gate.state, again.gate.approvals) == (RunState.PARKED, GateState.SHUT, ())


@pytest.mark.parametrize("role", [Role.NONE, Role.READ, Role.TRIAGE, Role.WRITE])
def test_a_low_role_opens_nothing(ledger: Ledger, role: Role) -> None:
    """Even if it were written down, an approval without the needed role leaves the gate shut."""
    run = parked(ledger)

    ledger.gates.approve(run, yes(MIA, role), NOON, line(), told=approved_by)

    assert now(ledger, run.id).state is RunState.PARKED
