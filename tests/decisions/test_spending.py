"""Four budgets, and whether one more call fits into all of them."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import UserError
from bot.rules import Rules, ServerFile, Source, effective
from bot.spending import Allowances, Exhausted, Scope, Spent, Unit, exhausted, reservation

ROOMY = Allowances()
NOTHING = dict.fromkeys(Scope, Spent())
CALL = reservation(10_000, 1_000)


def test_a_call_is_reserved_at_a_dear_price() -> None:
    """Its tokens, and what they would cost with a model that is not cheap."""
    assert reservation(10_000, 1_000) == Spent(1, 11_000, 225_000)


def test_a_first_call_fits() -> None:
    """Nothing is used up by a new installation."""
    assert exhausted(NOTHING, CALL, ROOMY) is None


@pytest.mark.parametrize("scope", list(Scope))
@pytest.mark.parametrize(
    ("unit", "most", "used", "spent"),
    [
        (Unit.CALLS, 3, Spent(calls=3), 3),
        (Unit.TOKENS, 20_000, Spent(tokens=9_001), 9_001),
        (Unit.USD, 1.0, Spent(micros=775_001), 0.775001),
    ],
)
def test_each_budget_of_each_unit_ends(
    scope: Scope, unit: Unit, most: float, used: Spent, spent: float
) -> None:
    """What is told is the very budget that has no room."""
    allowances = replace(ROOMY, **{f"{scope}_{unit}": most})  # type: ignore[arg-type]

    assert exhausted(NOTHING | {scope: used}, CALL, allowances) == Exhausted(scope, unit, most, spent)


def test_nothing_at_all_can_be_allowed() -> None:
    """Zero calls switch the model off."""
    over = exhausted(NOTHING, CALL, replace(ROOMY, repository_calls=0))

    assert over == Exhausted(Scope.REPOSITORY, Unit.CALLS, 0, 0)


def let_through(spent: Spent, wanted: Spent, allowances: Allowances) -> Spent:
    """What is spent after a call was wanted."""
    fits = exhausted(NOTHING | {Scope.DAY: spent}, wanted, allowances) is None
    return spent + wanted if fits else spent


@given(st.lists(st.builds(reservation, st.integers(0, 50_000), st.integers(0, 5_000)), max_size=60))
def test_whatever_is_asked_no_budget_is_passed(asked: list[Spent]) -> None:
    """Calls that were let through never add up to more than is allowed."""
    allowances = Allowances(day_calls=10, day_tokens=100_000, day_usd=2.0)

    spent = reduce(lambda so_far, wanted: let_through(so_far, wanted, allowances), asked, Spent())

    assert spent.calls <= 10
    assert spent.tokens <= 100_000
    assert spent.micros <= 2_000_000


# --- the configuration ---------------------------------------------------------------------------------


def rules(text: str, server: ServerFile | None = None) -> Rules:
    return effective(text.encode(), None, server or ServerFile())


def test_a_repository_chooses_less() -> None:
    """What is not named keeps its default."""
    chosen = rules("budget: {user_tokens: 1000, day_usd: 0.5}")

    assert chosen.budget == Allowances(user_tokens=1_000, day_usd=0.5)
    assert chosen.sources["budget.user_tokens"] is Source.REPOSITORY


def test_a_repository_cannot_choose_more_than_the_server_allows() -> None:
    """It is cut, and it says so."""
    chosen = rules("budget: {user_tokens: 900000000}")

    assert chosen.budget == Allowances()
    assert chosen.sources["budget.user_tokens"] is Source.SERVER_CEILING
    assert chosen.notes == (
        "`budget.user_tokens` is 1000000 instead of 900000000: that is the most this server allows.",
    )


def test_a_server_allows_more() -> None:
    """Up to its ceiling."""
    server = ServerFile.model_validate({"budget_ceilings": {"user_tokens": 5_000_000}})

    assert rules("budget: {user_tokens: 5000000}", server).budget.user_tokens == 5_000_000


def test_a_budget_below_zero_is_a_mistake() -> None:
    """Told with line and key."""
    with pytest.raises(UserError, match=r"`budget\.user_calls` must be at least 0"):
        rules("budget:\n  user_calls: -1")
