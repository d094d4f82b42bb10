"""Calls of a model in the ledger: reserved before, settled after, one number for all desks."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

from bot.ids import Login, Person
from bot.ledger import Ledger
from bot.ledger.calls import Awaited, Call, NewCall, Outcome, Reserved, midnight
from bot.ports import Completion
from bot.spending import Allowances, Exhausted, Scope, Spent, Unit
from tests.scripted import NOON, PLACE, WILL

MOST = Spent(1, 10_000, 200_000)
ROOMY = Allowances()
DAY = timedelta(days=1)
LONGEST = timedelta(seconds=150)
ELSEWHERE = replace(PLACE, repo_id=1002)
WENDY = Person(4, Login("writer-wendy"))


def wanted(key: str, *, person: Person = WILL) -> NewCall:
    return NewCall(key, person, PLACE, "f" * 64, MOST, LONGEST)


def reserved(ledger: Ledger, new: NewCall, allowances: Allowances = ROOMY) -> Reserved:
    call = ledger.calls.reserve(new, allowances, NOON)
    assert isinstance(call, Reserved)
    return call


def answered(ledger: Ledger, key: str, tokens: int, cost_usd: float | None = 0.01) -> None:
    call = reserved(ledger, wanted(key))
    ledger.calls.settle(call, Completion("…", "scripted/one", tokens, 0, cost_usd, 0.5))


def test_desks_that_ask_together_spend_no_more_than_one_would(ledger: Ledger) -> None:
    """Of forty at the same moment exactly those are let through that fit, and the others are told why."""
    allowances = replace(ROOMY, repository_tokens=95_000)

    def ask(number: int) -> Reserved | Awaited | Exhausted:
        person = Person(100 + number, Login(f"p{number}"))
        return ledger.calls.reserve(wanted(f"command-{number}", person=person), allowances, NOON)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(ask, range(40)))

    assert sum(isinstance(each, Reserved) for each in found) == 9
    assert found.count(Exhausted(Scope.REPOSITORY, Unit.TOKENS, 95_000, 90_000)) == 31


def test_what_was_answered_counts_as_what_it_was(ledger: Ledger) -> None:
    """The rest of its reservation is free again."""
    allowances = replace(ROOMY, user_tokens=12_000)
    answered(ledger, "one", tokens=2_000)

    reserved(ledger, wanted("two"), allowances)

    assert ledger.calls.reserve(wanted("three"), allowances, NOON) == Exhausted(
        Scope.USER, Unit.TOKENS, 12_000, 12_000
    )


def test_what_was_never_settled_stays_counted(ledger: Ledger) -> None:
    """A desk that died in the middle of a call may have to pay for it."""
    reserved(ledger, wanted("one"))
    allowances = replace(ROOMY, user_tokens=19_999)

    over = ledger.calls.reserve(wanted("two"), allowances, NOON + timedelta(hours=1))

    assert over == Exhausted(Scope.USER, Unit.TOKENS, 19_999, 10_000)


def test_what_failed_stays_counted(ledger: Ledger) -> None:
    """Nobody knows what a call without an answer cost."""
    ledger.calls.fail(reserved(ledger, wanted("one")))

    over = ledger.calls.reserve(wanted("two"), replace(ROOMY, day_usd=0.3), NOON)

    assert over == Exhausted(Scope.DAY, Unit.USD, 0.3, 0.2)


def test_dollars_are_counted_where_they_are_known(ledger: Ledger) -> None:
    """A model without a price costs none."""
    answered(ledger, "one", 10, cost_usd=0.125)
    answered(ledger, "two", 10, cost_usd=None)

    over = ledger.calls.reserve(wanted("three"), replace(ROOMY, day_usd=0.3), NOON)

    assert over == Exhausted(Scope.DAY, Unit.USD, 0.3, 0.125)


def test_a_day_ends_at_midnight_in_utc(ledger: Ledger) -> None:
    """Then all budgets of a day are whole again."""
    reserved(ledger, wanted("one"))
    allowances = replace(ROOMY, user_calls=1)
    night = midnight(NOON) + DAY

    assert isinstance(
        ledger.calls.reserve(wanted("two"), allowances, night - timedelta(seconds=1)), Exhausted
    )
    assert isinstance(ledger.calls.reserve(wanted("three"), allowances, night), Reserved)


def test_a_command_has_one_budget_on_all_its_days(ledger: Ledger) -> None:
    """However often it is handled again, it cannot spend for ever."""
    answered(ledger, "one", 10)

    over = ledger.calls.reserve(wanted("one"), replace(ROOMY, command_calls=1), NOON + 2 * DAY)

    assert over == Exhausted(Scope.COMMAND, Unit.CALLS, 1, 1)


def test_people_and_repositories_have_budgets_of_their_own(ledger: Ledger) -> None:
    """What one has spent is not missing to another."""
    reserved(ledger, wanted("one"))
    allowances = replace(ROOMY, user_calls=1, repository_calls=1)

    elsewhere = replace(wanted("two", person=WENDY), place=ELSEWHERE)

    assert isinstance(ledger.calls.reserve(elsewhere, allowances, NOON), Reserved)


def test_a_command_has_one_call_under_way(ledger: Ledger) -> None:
    """A second desk that handles the same command waits for the first, as long as that can take."""
    reserved(ledger, wanted("one"))
    later = NOON + timedelta(seconds=30)

    assert ledger.calls.reserve(wanted("one"), ROOMY, later) == Awaited(LONGEST.total_seconds() - 30)
    assert ledger.calls.unanswered("one", later) == 0
    assert ledger.calls.unanswered("one", NOON + LONGEST) == 1
    assert isinstance(ledger.calls.reserve(wanted("one"), ROOMY, NOON + LONGEST), Reserved)


def test_a_clock_that_was_set_back_keeps_no_command_waiting(ledger: Ledger) -> None:
    """A call in a future that did not come is over."""
    ledger.calls.reserve(wanted("one"), ROOMY, NOON + timedelta(hours=5))

    assert isinstance(ledger.calls.reserve(wanted("one"), ROOMY, NOON), Reserved)


def test_a_call_is_written_down_without_its_words(ledger: Ledger) -> None:
    """Which prompt, by its hash; model, tokens, price and time; and how it ended."""
    call = reserved(ledger, wanted("one"))
    ledger.calls.settle(call, Completion("secret words", "scripted/one", 900, 100, 0.02, 1.5))
    ledger.calls.fail(reserved(ledger, wanted("one")))

    assert ledger.calls.of("one") == (
        Call(Outcome.ANSWERED, "f" * 64, "scripted/one", 900, 100, 0.02, 1.5),
        Call(Outcome.FAILED, "f" * 64, "", 0, 0, None, 0.0),
    )
