"""Turns: who keeps the desk busy makes nobody else wait, and a conversation keeps its order."""

from __future__ import annotations

import pytest

from bot.desk.turns import Turn, Turns, turn_of
from bot.events import ChatHomeOpened, SignInReturned
from bot.ids import InstallationId

FLOOD, QUIET = InstallationId(1), InstallationId(2)


@pytest.fixture
def turns() -> Turns:
    return Turns(2)


def flooded(turns: Turns) -> list[Turn | None]:
    """One installation sends four; what begins of them."""
    list(map(turns.add, [Turn(number, FLOOD) for number in (1, 2, 3, 4)]))
    return [turns.next() for _ in range(4)]


def test_one_installation_does_not_keep_everybody_busy(turns: Turns) -> None:
    """Two of its deliveries are underway, and another installation's is next."""
    assert flooded(turns) == [Turn(1, FLOOD), Turn(2, FLOOD), None, None]

    turns.add(Turn(5, QUIET))
    assert turns.next() == Turn(5, QUIET)


def test_browsers_that_sign_in_do_not_keep_everybody_busy(turns: Turns) -> None:
    """Nobody knows yet whose they are, and a stranger can send many."""
    for number in (1, 2, 3):
        turns.add(turn_of(number, SignInReturned(f"state-{number}", "code")))
    turns.add(turn_of(4, ChatHomeOpened("h1", "T_ACME", "T_ACME", "U_WILL")))
    turns.add(Turn(5, QUIET))

    begun = [turns.next() for _ in range(4)]
    assert [each and each.delivery for each in begun] == [1, 4, 5, None]


def test_a_chat_that_does_not_answer_leaves_a_listener_to_github(turns: Turns) -> None:
    """However many of its workspaces wait for it."""
    for number, team in enumerate(("T_A", "T_B", "T_C"), start=1):
        turns.add(turn_of(number, ChatHomeOpened(f"h{number}", team, team, "U_WILL")))
    turns.add(Turn(4, QUIET))

    begun = [turns.next() for _ in range(4)]
    assert [each and each.delivery for each in begun] == [1, 2, 4, None]


def test_whoever_waits_follows_at_once_and_in_order(turns: Turns) -> None:
    """An end makes room for the oldest."""
    flooded(turns)

    turns.end(Turn(2, FLOOD))
    assert [turns.next(), turns.next()] == [Turn(3, FLOOD), None]


def test_the_commands_of_a_conversation_are_heard_one_after_the_other(turns: Turns) -> None:
    """A cancellation does not overtake the command before it; another conversation goes on."""
    run, cancel, other = Turn(1, FLOOD, (9, 1)), Turn(2, FLOOD, (9, 1)), Turn(3, FLOOD, (9, 2))
    turns.add(run)
    assert turns.next() == run

    turns.add(cancel)
    turns.add(other)
    assert [turns.next(), turns.next()] == [other, None]
    turns.end(run)
    assert turns.next() == cancel


def test_an_older_command_that_waits_goes_before_a_younger_one(turns: Turns) -> None:
    """Also when the queue brings them in another order."""
    turns.add(Turn(2, FLOOD, (9, 1)))
    turns.add(Turn(1, FLOOD, (9, 1)))

    assert [turns.next(), turns.next()] == [Turn(1, FLOOD, (9, 1)), None]


def test_what_the_sweeper_brings_again_is_handled_once(turns: Turns) -> None:
    """A reminder of what waits or is underway changes nothing."""
    flooded(turns)
    flooded(turns)
    turns.end(Turn(1, FLOOD))
    turns.end(Turn(2, FLOOD))

    assert [turns.next() for _ in range(3)] == [Turn(3, FLOOD), Turn(4, FLOOD), None]


def test_what_belongs_to_nobody_waits_for_nobody(turns: Turns) -> None:
    """GitHub's ping has no installation."""
    list(map(turns.add, [Turn(number) for number in (1, 2, 3)]))

    assert [turns.next() for _ in range(3)] == [Turn(1), Turn(2), Turn(3)]
