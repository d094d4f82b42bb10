"""What is read about a run that waits for an approval: all that will happen, and how to answer."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from bot.gates import Approval, Bar, GateState
from bot.ids import Login, Person
from bot.plans.model import Action, Plan
from bot.policy import Need
from bot.ports import Role
from bot.reports import gates
from bot.reports.check import check
from bot.reports.comment import comment
from tests.decisions.report_samples import PAGE, at, parked, step

RUN = parked(step(0, "Run the tests"), step(1, "Hand it over"))
MIA = Person(2, Login("maint-mia"))


def test_the_check_run_shows_what_waits_and_for_whom() -> None:
    """The step with all its parameters, who may approve, the digest, and until when."""
    summary = check(RUN, tails={}, page_url=PAGE).summary

    assert 'Step 2, `run_command`:\n\n```json\n{"command": "pytest -q"}\n```' in summary
    assert "Step 2 needs the approval of 1 person with the role `maintain` or higher" in summary
    assert f"/agent approve abc1234567 {RUN.plan.digest[:12]}" in summary
    assert "21 Nov 2026, 13:00 UTC" in summary


def test_a_parameter_that_was_not_given_is_left_out() -> None:
    """It says nothing to who decides; what was given is there, also where it is false or empty."""
    write = Action("write_file", {"path": "a", "content": "", "mode": None}, "x")

    told = gates.shown(Plan((write,)), [Need((0,), Role.ADMIN, 1, True, "It is dangerous.", "rule")])

    assert '{"path": "a", "content": ""}' in told


def test_its_buttons_answer_it() -> None:
    """Three of them, as GitHub allows, and none that would run it."""
    buttons = [each.identifier for each in check(RUN, tails={}, page_url=PAGE).buttons]

    assert buttons == ["approve", "deny", "explain"]


def test_the_comment_says_the_same() -> None:
    """Whoever reads the conversation need not open the check run."""
    assert "Step 2 needs the approval of 1 person" in comment(RUN, page_url=PAGE)


def test_who_has_approved_is_named() -> None:
    """Where two are needed, the first is told."""
    assert RUN.gate is not None
    first = replace(RUN, gate=replace(RUN.gate, approvals=(Approval(MIA, Role.ADMIN, at(9)),)))

    assert "Approved so far by `maint-mia`." in check(first, tails={}, page_url=PAGE).summary


def test_words_of_a_plan_do_nothing_in_it() -> None:
    """A parameter cannot end its line, name a person or hide itself."""
    nasty = Action("run_command", {"command": "echo `@octo` #1\n\n# Approved\u202e"}, "x")
    plan = Plan((nasty,))
    need = Need((0,), Role.ADMIN, 1, True, "It is dangerous.", "rule")

    head, _, fence, line, end = gates.shown(plan, [need]).splitlines()

    assert (head, fence, end) == ("Step 1, `run_command`:", "```json", "```")
    assert "\\n\\n# Approved" in line
    assert "\u202e" not in line


def test_what_is_too_long_to_be_shown_is_not_parked() -> None:
    """Nobody approves what they were not shown: the plan is refused with what to do instead."""
    long = Plan((Action("run_command", {"command": "x " * 25_000}, "x"),))
    need = Need((0,), Role.ADMIN, 1, True, "It is dangerous.", "rule")

    assert gates.too_long(long, [need])
    assert not gates.too_long(RUN.plan, RUN.gate.needs if RUN.gate else ())
    assert "Split the plan" in gates.cannot_be_shown()


def test_a_long_parameter_is_shown_to_its_end() -> None:
    """What fits is not cut in the middle."""
    command = "echo " + "a" * 5_000 + " && rm -rf build"
    plan = Plan((Action("run_command", {"command": command}, "x"),))
    need = Need((0,), Role.ADMIN, 1, True, "It is dangerous.", "rule")

    assert json.dumps({"command": command}) in gates.shown(plan, [need])


@pytest.mark.parametrize("why", list(Bar))
def test_every_refusal_says_what_to_do(why: Bar) -> None:
    """A whole sentence about this run."""
    assert "`abc1234567`" in gates.barred(RUN, why)


@pytest.mark.parametrize("state", list(GateState))
def test_who_comes_late_is_told_what_was_decided(state: GateState) -> None:
    """And by whom, if somebody did."""
    assert RUN.gate is not None
    settled = replace(RUN.gate, state=state, settled_by="maint-mia")

    told = gates.settled(RUN, settled)

    assert "`abc1234567`" in told
    assert ("`maint-mia`" in told) == (state in (GateState.OPENED, GateState.REFUSED))
