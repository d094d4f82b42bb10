"""`/agent undo`: which plan takes back what a run did outside, and when there is none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.actions import ACTIONS
from bot.actions.apply_patch import APPLY_PATCH
from bot.actions.model import Reversal, Where
from bot.errors import PlanError, UserError
from bot.ids import RunId
from bot.policy import Need
from bot.ports import Role
from bot.reports import gates
from bot.runs import PullRef, Run, RunState
from tests.decisions.plans import plan
from tests.decisions.test_verbs import PULL, SmallCode, SmallFacts, a_run, asked, begun, said, shown

PATCH = b"diff --git a/a.txt b/a.txt\n--- a/a.txt\n+++ b/a.txt\n@@ -1 +1 @@\n-a\n+b\n"
MADE = PullRef(9, "https://github.test/acme/widgets/pull/9", "agent/0123456789", "f" * 40)
DONE = replace(a_run(), state=RunState.SUCCEEDED, pull=MADE)


def facts(*runs: Run, merged: bool = False, patch: bytes = PATCH) -> SmallFacts:
    made = replace(PULL, number=9, open=not merged, merged=merged)
    return SmallFacts(SmallCode(made=(made,)), runs, patches={DONE.id: patch})


def test_an_open_pull_request_is_taken_back_by_the_desk() -> None:
    """One step, nothing in a box; the newest run that made one is meant."""
    wanted = begun(asked("/agent undo"), facts(DONE, replace(a_run(), id=RunId("abcdefghjk"))))

    (step,) = wanted.planned.plan.actions
    assert (step.action_type, dict(step.parameters)) == ("undo_run", {"run": DONE.id})


def test_a_merged_one_is_taken_back_by_its_patch() -> None:
    """Reversed, in a box, and with a pull request of its own."""
    wanted = begun(asked(f"/agent undo {DONE.id}"), facts(DONE, merged=True))

    first, last = wanted.planned.plan.actions
    assert dict(first.parameters) == {"patch": PATCH.decode(), "reverse": True}
    assert last.action_type == "open_pull_request"
    assert "--reverse" in APPLY_PATCH.compile(first.parameters).argv


@pytest.mark.parametrize("patch", [b"", b"\xff\xfe", b"diff --git a/a b/a\n" + b"x" * 1_100_000])
def test_what_has_no_usable_patch_is_left_to_people(patch: bytes) -> None:
    """GitHub's own button does it."""
    with pytest.raises(UserError, match=r"Press \*Revert\* on its page"):
        begun(asked("/agent undo"), facts(DONE, merged=True, patch=patch))


def test_a_merged_one_is_taken_back_where_it_was_asked_for() -> None:
    """There is the branch that holds it."""
    elsewhere = replace(DONE, target=replace(DONE.target, number=3))

    with pytest.raises(UserError, match="asked for in #3"):
        begun(asked(f"/agent undo {DONE.id}"), facts(elsewhere, merged=True))


@pytest.mark.parametrize(
    ("run", "sentence"),
    [
        (replace(DONE, pull=None), "did nothing outside of its box"),
        (replace(DONE, state=RunState.RUNNING), "`/agent cancel 0123456789` ends it"),
    ],
)
def test_there_may_be_nothing_to_undo(run: Run, sentence: str) -> None:
    """It says so, and what to do instead."""
    assert sentence in said(asked(f"/agent undo {DONE.id}"), facts(run))


def test_a_run_that_nobody_knows_is_not_undone() -> None:
    """Without a name it needs one here that made a pull request."""
    assert "I know no run `abcdefghjk`" in said(asked("/agent undo abcdefghjk"), facts(DONE))
    assert "Name a run: `/agent undo <run>`" in said(asked("/agent undo"), facts(a_run()))


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (RunState.SUCCEEDED, "is undone already: run `abcdefghjk`, asked for by `writer-will`"),
        (RunState.QUEUED, "asked for by `writer-will`, is undoing run `0123456789` already"),
    ],
)
def test_who_comes_second_is_told_who_was_first(state: RunState, sentence: str) -> None:
    """One truth for both; what failed may be tried again."""
    first = begun(asked("/agent undo"), facts(DONE)).planned.plan
    undoing = replace(a_run(), id=RunId("abcdefghjk"), plan=first, state=state)

    assert sentence in said(asked("/agent undo"), facts(DONE, undoing))

    failed = replace(undoing, state=RunState.FAILED)
    assert begun(asked("/agent undo"), facts(DONE, failed)).planned.plan == first


def test_undoing_is_a_plan_of_its_own() -> None:
    """Nothing else is mixed with it, also not by who writes the plan."""
    step = "{action_type: undo_run, parameters: {run: 0123456789}}"
    (alone,) = begun(asked(f"/agent run\n```yaml\n[{step}]\n```")).planned.plan.actions
    assert alone.action_type == "undo_run"

    listing = "{action_type: run_command, parameters: {command: ls}}"
    with pytest.raises(PlanError, match="Step 2: `undo_run` must be the only step"):
        begun(asked(f"/agent run\n```yaml\n[{listing}, {step}]\n```"))


def test_whatever_has_an_effect_outside_says_how_it_is_taken_back() -> None:
    """An action type that says nothing cannot be made."""
    outside = [kind for kind in ACTIONS.values() if kind.where is Where.DESK]

    assert {kind.reversal for kind in outside} == {Reversal.UNDO, Reversal.BY_HAND}
    with pytest.raises(TypeError, match="say how it is taken back"):
        replace(ACTIONS["undo_run"], reversal=Reversal.NOTHING_LEAVES)


def test_what_cannot_be_undone_is_marked_before_it_is_approved(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a plan is shown, and where its approval is asked for."""
    monkeypatch.setitem(ACTIONS, "run_command", replace(ACTIONS["run_command"], reversal=Reversal.NEVER))
    need = Need((0,), Role.MAINTAIN, 1, by_another=True, sentence="It drops a table.", rule="mine")

    assert "**cannot be undone**" in gates.shown(plan("`drop`"), [need])
    assert "**cannot be undone**" in shown(asked("/agent plan `drop`"))
