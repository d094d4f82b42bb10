"""The forecast: from how long others took to what a waiting run may expect, and how it is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.admission import Wait, Why
from bot.forecast import Outlook, Usual, outlook, usual
from bot.ids import Login, Person, RunId
from bot.locks import Holder, Lock
from bot.reports.comment import comment
from bot.reports.headline import TITLE, headline
from bot.reports.phrases import about
from bot.reports.waiting import crowd, details, label
from bot.runs import Run, RunState
from tests.decisions.report_samples import PAGE, START, a_run, step

RUN = a_run(RunState.QUEUED, step(0, "Build"), step(1, "Test"), step(2, "Ship"))
AT_PRODUCTION = replace(RUN, plan=replace(RUN.plan, environment="production"))
LOCK = Lock(
    7, "production", Holder(Person(4, Login("wendy")), 3, "A release"), START, START + timedelta(hours=1)
)
MINUTE = [60.0] * 3


def foretold(wait: Wait, *, side_by_side: int = 1) -> Outlook:
    return outlook(wait, same_plan=(), same_repository=MINUTE, side_by_side=side_by_side)


# --- what is foretold ----------------------------------------------------------------------------------


def test_half_of_the_runs_took_no_longer_and_nine_of_ten() -> None:
    """The median and the nearest ninetieth of what was."""
    assert usual([float(number) for number in range(1, 11)]) == Usual(5.0, 9.0)


@given(st.lists(st.floats(0, 1e6), min_size=3))
def test_what_is_usual_did_happen(seconds: list[float]) -> None:
    """Both numbers are times that a run really took, in their order."""
    found = usual(seconds)

    assert found is not None
    assert found.p50_s <= found.p90_s
    assert {found.p50_s, found.p90_s} <= set(seconds)


def test_two_runs_are_no_past() -> None:
    """From too little nothing is foretold."""
    assert usual([1.0, 2.0]) is None
    assert outlook(Wait(Why.TURN, 5), same_plan=[1.0], same_repository=[1.0], side_by_side=2) == Outlook(
        Wait(Why.TURN, 5)
    )


def test_the_same_plan_says_more_than_the_repository() -> None:
    """As soon as it ran often enough."""
    often = outlook(Wait(Why.TURN), same_plan=[5.0] * 3, same_repository=MINUTE, side_by_side=1)
    seldom = outlook(Wait(Why.TURN), same_plan=[5.0] * 2, same_repository=MINUTE, side_by_side=1)

    assert (often.usual, seldom.usual) == (Usual(5, 5), Usual(60, 60))


@pytest.mark.parametrize(
    ("wait", "side_by_side", "starts_s"),
    [
        (Wait(Why.TURN), 2, None),
        (Wait(Why.TURN, 4), 2, 135),
        (Wait(Why.REPOSITORY, 0), 10, 3),
        (Wait(Why.ENVIRONMENT, 2), 10, 150),
        (Wait(Why.LOCK, 2, lock=LOCK), 1, None),
    ],
)
def test_when_a_run_starts_follows_from_what_is_before_it(
    wait: Wait, side_by_side: int, starts_s: float | None
) -> None:
    """Runs of one environment go one by one, others side by side; what a person does nobody foretells."""
    assert foretold(wait, side_by_side=side_by_side).starts_s == starts_s


# --- how it is said ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("run", "expects", "sentence"),
    [
        (RUN, Outlook(Wait(Why.TURN)), "Waiting to start: 3 steps."),
        (
            RUN,
            Outlook(Wait(Why.TURN), Usual(38, 110)),
            "Waiting to start: 3 steps. Usually 40 s, rarely over 2 min.",
        ),
        (
            RUN,
            Outlook(Wait(Why.TURN, 2), Usual(38, 110), 95),
            "Waiting to start: 3 steps. 2 runs are before it, so it starts in about 2 min. "
            "Usually 40 s, rarely over 2 min.",
        ),
        (
            RUN,
            Outlook(Wait(Why.REPOSITORY, 1)),
            "Waiting for room in this repository: 3 steps. 1 run is before it.",
        ),
        (
            RUN,
            Outlook(Wait(Why.INSTALLATION, 37)),
            "Waiting for room among all repositories: 3 steps. More than 20 runs are before it.",
        ),
        (
            AT_PRODUCTION,
            Outlook(Wait(Why.ENVIRONMENT, 0, RunId("x")), Usual(60, 60), 30),
            "Waiting for production, which another run has: 3 steps. It starts in about 30 s. Usually 1 min.",
        ),
        (
            AT_PRODUCTION,
            Outlook(Wait(Why.LOCK, 0, lock=LOCK)),
            "Waiting for production, which wendy has locked: 3 steps.",
        ),
    ],
)
def test_a_waiting_run_says_for_what_and_how_long(run: Run, expects: Outlook, sentence: str) -> None:
    """The title of its check run, from the first report on."""
    assert headline(run, {}, expects) == sentence
    assert len(sentence) <= TITLE


def test_the_reason_of_a_lock_is_told_with_its_holder() -> None:
    """In the comment: who, since when, until when and why."""
    shown = comment(AT_PRODUCTION, page_url=PAGE, outlook=Outlook(Wait(Why.LOCK, lock=LOCK)))

    assert "`wendy` holds `production` since 21 Nov 2026, 09:00 UTC (in #3) until" in shown
    assert ": A release." in shown


@pytest.mark.parametrize("why", list(Why))
def test_every_reason_but_ones_turn_is_explained(why: Why) -> None:
    """Whoever waits for more than a worker reads what for."""
    told = details(AT_PRODUCTION, Outlook(Wait(why, lock=LOCK)))

    assert bool(told) is (why is not Why.TURN)


def test_a_run_that_goes_is_told_as_ever() -> None:
    """An outlook that came too late changes nothing."""
    running = replace(RUN, state=RunState.RUNNING)

    assert headline(running, {}, Outlook(Wait(Why.TURN, 4))) == headline(running, {})


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.2, "1 s"), (38, "40 s"), (61, "2 min"), (3000, "1 h"), (10_801, "4 h")]
)
def test_times_are_rough(seconds: float, words: str) -> None:
    """Rounded up to what one would say."""
    assert about(seconds) == words


@pytest.mark.parametrize(("number", "told"), [(0, 0), (5, 5), (6, 5), (11, 10), (37, 20), (5000, 1000)])
def test_crowds_are_rough(number: int, told: int) -> None:
    """A place far back does not change with every run that starts."""
    assert crowd(number) == told


def test_a_report_changes_when_the_place_does() -> None:
    """The label tells two places apart that are told differently, and no others."""
    lines = [Wait(Why.TURN), Wait(Why.TURN, 1), Wait(Why.ENVIRONMENT, 1), Wait(Why.LOCK, lock=LOCK)]

    assert len({label(wait) for wait in lines}) == 4
    assert label(Wait(Why.TURN)) == ""
    assert label(Wait(Why.TURN, 21)) == label(Wait(Why.TURN, 37))
