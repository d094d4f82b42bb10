"""Commands and replies counted in the ledger: by several desks together, and what is handled twice once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from bot.ids import RunId
from bot.ledger import Ledger
from bot.ledger.asked import Counted
from bot.ledger.surfaces import NewSurface, SurfaceKind
from bot.restraint import Restraint, Scope, Speech, Welcome
from tests.scripted import NOON, PLACE, WILL, begun, commands

FEW = Restraint(person_commands=3, repository_commands=5, replies_an_hour=4, replies_a_run=2)
QUIET = "I am quiet for now."


def asks(ledger: Ledger, key: str, at: datetime = NOON, *, scope: Scope = Scope.PERSON) -> Welcome:
    whose = {Scope.PERSON: WILL.id, Scope.REPOSITORY: PLACE.repo_id}[scope]
    return ledger.asked.welcome(Counted(key, scope, whose), FEW, at)


def says(
    ledger: Ledger, text: str, at: datetime = NOON, *, number: int = 7, about: RunId | None = None
) -> Speech:
    key = f"reply:{number}:{text}:{at.timestamp()}"
    reply = NewSurface(key, SurfaceKind.REPLY, PLACE, number, content={"text": text})
    return ledger.said.say(reply, FEW, at, quiet=QUIET, about=about)


def said(ledger: Ledger) -> list[str]:
    return [each.content["text"] for each in ledger.surfaces.claim_due(NOON + timedelta(days=1))]


def test_desks_count_together(ledger: Ledger) -> None:
    """Of many commands at the same moment the limit is followed, and one is answered with no."""
    with ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(lambda number: asks(ledger, f"c{number}"), range(12)))

    assert outcomes.count(Welcome.FOLLOWED) == 3
    assert outcomes.count(Welcome.REFUSED) == 1


def test_a_command_that_is_handled_again_counts_once(ledger: Ledger) -> None:
    """It is answered as it was the first time."""
    first = [asks(ledger, f"c{number}") for number in range(5)]
    again = [asks(ledger, f"c{number}") for number in range(5)]

    assert again == first
    assert len(ledger.asked.outcomes(Scope.PERSON, WILL.id)) == 5


def test_a_while_later_there_is_room_again(ledger: Ledger) -> None:
    """A window goes on with the time; what was dropped does not keep it shut."""
    _written = [asks(ledger, f"c{number}", NOON + timedelta(minutes=number)) for number in range(9)]

    assert asks(ledger, "later", NOON + timedelta(minutes=10)) is Welcome.FOLLOWED


def test_persons_and_repositories_are_counted_apart(ledger: Ledger) -> None:
    """One person who asks for too much leaves room for the others."""
    _written = [asks(ledger, f"c{number}") for number in range(4)]

    assert asks(ledger, "c9", scope=Scope.REPOSITORY) is Welcome.FOLLOWED


def test_a_clock_that_was_wrong_shuts_nobody_out(ledger: Ledger) -> None:
    """Commands that were counted in a future that never came do not count."""
    _written = [asks(ledger, f"c{number}", NOON + timedelta(days=2)) for number in range(4)]

    assert asks(ledger, "now") is Welcome.FOLLOWED


def test_desks_speak_together(ledger: Ledger) -> None:
    """Of many replies at the same moment an hour's are added, and the last one says that it was enough."""
    with ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(lambda number: says(ledger, f"text {number}"), range(12)))

    assert outcomes.count(Speech.SAID) == 3
    assert outcomes.count(Speech.LAST) == 1
    assert said(ledger).count(QUIET) == 1


def test_each_conversation_has_its_own_hour(ledger: Ledger) -> None:
    """What was said in one is no reason to be quiet in another, nor in the next hour."""
    _said = [says(ledger, text) for text in "abcde"]

    assert says(ledger, "f", number=8) is Speech.SAID
    assert says(ledger, "f", NOON + timedelta(hours=1)) is Speech.SAID


def test_a_run_is_spoken_of_a_few_times_and_no_more(ledger: Ledger) -> None:
    """However much time goes by."""
    run = begun(ledger, commands("make"))
    days = [NOON + timedelta(days=day) for day in range(3)]

    outcomes = [says(ledger, f"day {day}", day, about=run) for day in days]

    assert outcomes == [Speech.SAID, Speech.LAST, Speech.QUIET]


def test_what_is_said_already_is_said(ledger: Ledger) -> None:
    """A reply with the same key is the same reply, also when there is no room any more."""
    outcomes = [says(ledger, "a"), says(ledger, "b"), says(ledger, "c"), says(ledger, "d"), says(ledger, "a")]

    assert outcomes[-1] is Speech.SAID
    assert sorted(said(ledger)) == [QUIET, "a", "b", "c"]


def test_old_counts_are_forgotten(ledger: Ledger) -> None:
    """Nothing looks back at them any more."""
    asks(ledger, "c1")
    says(ledger, "a")
    later = NOON + timedelta(days=2)

    ledger.asked.forget_old(later)
    ledger.said.forget_old(later)

    assert ledger.asked.outcomes(Scope.PERSON, WILL.id) == []
    assert says(ledger, "b", NOON) is Speech.SAID
