"""What is said next when GitHub allows little."""

from __future__ import annotations

from dataclasses import replace

from bot.ids import InstallationId
from bot.ledger.surfaces import Due, Rank, Surface, SurfaceKind
from bot.pace import Rates, Spent
from bot.speaking import choose
from tests.scripted import NOON, PLACE

RATES = Rates.of(75)
OURS, THEIRS = PLACE.installation, InstallationId(12)


def due(number: int, rank: Rank = Rank.FINAL_CHECK, *, of: InstallationId = OURS) -> Due:
    place = replace(PLACE, installation=of)
    kind = SurfaceKind.CHECK_RUN
    return Due(
        rank,
        Surface(number, f"s:{number}", kind, place, 7, None, {}, None, False, 0, "", 0, 0, 0, None, NOON),
    )


def quiet(minute: int = 0) -> Spent:
    return Spent(minute=minute, hour=minute, last_write=NOON)


def test_a_quiet_installation_says_all() -> None:
    """Fifteen at once, progress among them."""
    chosen = choose([due(1), due(2), due(3, Rank.PROGRESS)], {OURS: quiet()}, RATES, NOON, taken={})

    assert [each.id for each in chosen.now] == [1, 2, 3]
    assert chosen.wait_s == 0.0


def test_no_more_is_chosen_than_there_is_room_for() -> None:
    """What is not chosen is not touched: when its turn comes it shows what is true then."""
    chosen = choose([due(1), due(2), due(3)], {OURS: quiet(13)}, RATES, NOON, taken={})

    assert [each.id for each in chosen.now] == [1, 2]
    assert chosen.wait_s == 1.0


def test_one_installation_does_not_wait_for_another() -> None:
    """Many that wait on one side leave the other side as quick as ever."""
    many = [due(number) for number in range(1, 21)]
    chosen = choose([*many, due(99, of=THEIRS)], {OURS: quiet(15), THEIRS: quiet()}, RATES, NOON, taken={})

    assert [each.id for each in chosen.now] == [99]


def test_progress_waits_while_others_go_on() -> None:
    """An end takes the last place of a quiet minute, and progress waits for another minute."""
    chosen = choose([due(1), due(2, Rank.PROGRESS)], {OURS: quiet(14)}, RATES, NOON, taken={})

    assert [each.id for each in chosen.now] == [1]
