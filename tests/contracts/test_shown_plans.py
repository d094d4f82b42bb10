"""Plans that were shown, in the ledger: the first of a command counts, and none is kept for ever."""

from __future__ import annotations

from datetime import timedelta

from bot.ids import PlanId, new_plan_id
from bot.ledger import Ledger
from bot.planning.model import Made, Planned, ShownPlan
from bot.policy import Provenance
from tests.scripted import NOON, PLACE, commands

WEEK = timedelta(days=7)
MADE = Made(
    "scripted/one", 2, 2_200, 0.02, ({"command": Provenance.AUTHOR}, {"command": Provenance.UNTRUSTED})
)


def shown(*, made: Made | None = None, key: str = "one", text: str = "make") -> ShownPlan:
    planned = Planned(commands(text, "make test"), made)
    return ShownPlan(new_plan_id(), key, PLACE.repo_id, 7, planned, NOON + WEEK)


def test_a_plan_is_found_as_it_was_shown(ledger: Ledger) -> None:
    """With the way in which it was made."""
    by_model, by_reader = shown(made=MADE), shown(key="two")
    ledger.shown.keep(by_model, NOON)
    ledger.shown.keep(by_reader, NOON)

    assert ledger.shown.get(by_model.id, NOON) == by_model
    assert ledger.shown.get(by_reader.id, NOON) == by_reader
    assert ledger.shown.get(PlanId("plan-0000000000"), NOON) is None


def test_a_command_shows_one_plan(ledger: Ledger) -> None:
    """Handled twice, it keeps the plan of the first time, which is the one that people saw."""
    first = ledger.shown.keep(shown(), NOON)

    again = ledger.shown.keep(shown(text="rm -r src"), NOON)

    assert again == first == ledger.shown.of_command("one")
    assert ledger.shown.of_command("two") is None


def test_a_plan_is_kept_for_its_time(ledger: Ledger) -> None:
    """After that nobody can run it, and it is removed when the next one is shown."""
    old = ledger.shown.keep(shown(), NOON)

    assert ledger.shown.get(old.id, NOON + WEEK) is None
    ledger.shown.keep(shown(key="two"), NOON + WEEK)
    assert ledger.shown.of_command("one") is None
