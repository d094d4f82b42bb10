"""Which steps may start, which are skipped and why, and when the box's part is over."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.plans.graph import Decision, decide
from bot.plans.model import Action, ErrorHandling, Plan
from bot.runs import StepState

STATES = {
    ".": StepState.PENDING,
    "r": StepState.RUNNING,
    "s": StepState.SUCCEEDED,
    "f": StepState.FAILED,
    "t": StepState.TIMED_OUT,
    "k": StepState.SKIPPED,
    "c": StepState.CANCELLED,
    "i": StepState.INTERRUPTED,
}


def states(letters: str) -> list[StepState]:
    return [STATES[letter] for letter in letters]


def ordered(count: int, handling: str = "stop") -> Plan:
    return _plan([None] * count, handling)


def graph(*needs: list[int], handling: str = "stop") -> Plan:
    return _plan([tuple(each) for each in needs], handling)


def _plan(needs: list[tuple[int, ...] | None], handling: str) -> Plan:
    """The last step is the desk's."""
    last = None if needs[0] is None else tuple(range(len(needs)))
    boxed = [Action("run_command", {"command": "x"}, "x", each) for each in needs]
    return Plan((*boxed, Action("open_pull_request", {}, "pr", last)), ErrorHandling(handling))


@pytest.mark.parametrize(
    ("handling", "now", "start", "skip", "over"),
    [
        ("stop", "....", (0,), (), False),
        ("stop", "r...", (), (), False),
        ("stop", "s...", (1,), (), False),
        ("stop", "sss.", (), (), True),
        ("stop", "sf..", (), (2, 3), True),
        ("stop", "st..", (), (2, 3), True),
        ("stop", "si..", (), (2, 3), True),
        ("stop", "sc..", (), (2, 3), True),
        ("stop", "ssf.", (), (3,), True),
        ("stop", "sfkk", (), (), True),
        ("continue", "sf..", (2,), (), False),
        ("continue", "sfr.", (), (), False),
        ("continue", "sfs.", (), (), True),
        ("continue", "fff.", (), (), True),
    ],
)
def test_steps_in_order(
    handling: str, now: str, start: tuple[int, ...], skip: tuple[int, ...], over: bool
) -> None:
    """One after the other; `stop` skips the rest, `continue` goes on; the desk's step waits for the desk."""
    decision = decide(ordered(3, handling), states(now))

    assert decision == Decision(start, tuple((index, decision.skip[0][1]) for index in skip), over)


@pytest.mark.parametrize(
    ("handling", "now", "start", "skip", "over"),
    [
        # 0 and 1 are free, 2 needs both, 3 needs 1; 4 is the desk's
        ("stop", ".....", (0, 1), (), False),
        ("stop", "r....", (1,), (), False),
        ("stop", "rs...", (3,), (), False),
        ("stop", "ss...", (2, 3), (), False),
        ("stop", "ssss.", (), (), True),
        ("stop", "rf...", (), (2, 3, 4), False),
        ("stop", "sfkk.", (), (4,), True),
        ("stop", "fr...", (), (2, 3, 4), False),
        ("continue", "f....", (1,), (2, 4), False),
        ("continue", "fs..k", (3,), (2,), False),
        ("continue", ".f...", (0,), (2, 3, 4), False),
        ("continue", "sfkk.", (), (4,), True),
        ("continue", "ff...", (), (2, 3, 4), True),
    ],
)
def test_steps_of_a_graph(
    handling: str, now: str, start: tuple[int, ...], skip: tuple[int, ...], over: bool
) -> None:
    """A step starts when all it needs succeeded, and is skipped when something it needs did not."""
    plan = graph([], [], [0, 1], [1], handling=handling)

    decision = decide(plan, states(now))

    assert (decision.start, tuple(index for index, _ in decision.skip), decision.over) == (start, skip, over)


@pytest.mark.parametrize(
    ("now", "sentence"),
    [
        ("f..", "Skipped: step 1 failed."),
        ("t..", "Skipped: step 1 ran out of time."),
        ("c..", "Skipped: step 1 was cancelled."),
        ("i..", "Skipped: step 1 was interrupted."),
    ],
)
def test_a_skipped_step_says_why(now: str, sentence: str) -> None:
    """The note of a skipped step names the step that is to blame, counted from 1."""
    assert decide(ordered(2), states(now)).skip == ((1, sentence), (2, sentence))


def test_skipping_goes_as_far_as_dependencies_do() -> None:
    """What needs a skipped step is skipped in the same decision."""
    decision = decide(graph([], [0], [1], handling="continue"), states("f..."))

    assert decision.skip == (
        (1, "Skipped: step 1 failed."),
        (2, "Skipped: step 2 was skipped."),
        (3, "Skipped: step 1 failed."),
    )
    assert decision.over


@st.composite
def _graphs(draw: st.DrawFn) -> Plan:
    count = draw(st.integers(1, 6))
    needs = [
        draw(st.lists(st.integers(0, index - 1), unique=True)) if index else [] for index in range(count)
    ]
    return graph(*needs, handling=draw(st.sampled_from(["stop", "continue"])))


@given(
    st.one_of(_graphs(), st.builds(ordered, st.integers(1, 6), st.sampled_from(["stop", "continue"]))),
    st.data(),
)
def test_every_plan_comes_to_its_end(plan: Plan, data: st.DataObject) -> None:
    """However its steps end, following the decisions brings each step to an end, and none twice."""
    now = [StepState.PENDING] * len(plan.actions)
    started: list[int] = []
    for _ in range(len(plan.actions)):
        decision = decide(plan, now)
        for index, _why in decision.skip:
            now[index] = StepState.SKIPPED
        for index in decision.start:
            started.append(index)
            now[index] = data.draw(
                st.sampled_from([StepState.SUCCEEDED, StepState.FAILED, StepState.TIMED_OUT])
            )

    assert decide(plan, now).over
    assert len(started) == len(set(started))
    assert len(plan.actions) - 1 not in started
