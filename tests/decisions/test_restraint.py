"""How much may be asked in a while, and how much is said."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import UserError
from bot.ids import RunId
from bot.reports.comment import marker, repeats_us, reply_marker
from bot.restraint import ALWAYS_WELCOME, HOUR, Restraint, Speech, Spoken, Welcome, speech, welcome
from bot.rules import server_file
from bot.verbs import VERBS
from tests.scripted import NOON

RUN = RunId("0123456789")
MOST = Restraint(replies_an_hour=4, replies_a_run=3)
MINUTE = timedelta(minutes=1)


def reply(text: str, *, minutes: int = 0, run: RunId | None = None, last: bool = False) -> Spoken:
    return Spoken(NOON + minutes * MINUTE, text, run, last)


def test_who_asks_for_too_much_is_told_once() -> None:
    """The first command over the limit is refused, the next ones are dropped."""
    followed = [Welcome.FOLLOWED] * 3

    assert welcome(followed[:2], 3) is Welcome.FOLLOWED
    assert welcome(followed, 3) is Welcome.REFUSED
    assert welcome([*followed, Welcome.REFUSED], 3) is Welcome.DROPPED


@given(st.integers(1, 8), st.integers(0, 60))
def test_however_many_are_written_the_limit_holds(most: int, written: int) -> None:
    """Of any number of commands in a window the limit is followed and at most one is answered with no."""
    so_far: list[Welcome] = []
    for _ in range(written):
        so_far.append(welcome(so_far, most))

    assert so_far.count(Welcome.FOLLOWED) == min(written, most)
    assert so_far.count(Welcome.REFUSED) == min(max(written - most, 0), 1)


def test_what_stops_or_tells_is_always_welcome() -> None:
    """The verbs that are never counted are verbs of ours."""
    assert set(VERBS) >= ALWAYS_WELCOME


def test_the_same_words_are_said_once_in_ten_minutes() -> None:
    """In one place; after ten minutes they may be said again."""
    before = [reply("No run yet.")]

    assert speech(reply("No run yet.", minutes=9), before, (), MOST) is Speech.REPEATED
    assert speech(reply("No run yet.", minutes=10), before, (), MOST) is Speech.SAID
    assert speech(reply("Another.", minutes=9), before, (), MOST) is Speech.SAID


def test_the_last_reply_of_an_hour_says_so() -> None:
    """The sentence that we are quiet counts like a reply, and nothing follows it."""
    three = [reply(text) for text in "abc"]

    assert speech(reply("d"), three[:2], (), MOST) is Speech.SAID
    assert speech(reply("d"), three, (), MOST) is Speech.LAST
    assert speech(reply("e"), [*three, reply("d", last=True)], (), MOST) is Speech.QUIET


def test_that_we_are_quiet_is_said_once() -> None:
    """Also when an older reply has left the hour, and there would be room for one more sentence."""
    within_the_hour = [reply("b"), reply("c"), reply("d", last=True)]

    assert speech(reply("e"), within_the_hour, (), MOST) is Speech.QUIET


def test_the_stricter_of_two_limits_holds() -> None:
    """A run that was spoken of enough is not spoken of in a conversation that has room."""
    of_run = [reply(text, run=RUN) for text in "ab"]

    assert speech(reply("c", run=RUN), (), of_run, MOST) is Speech.LAST
    assert speech(reply("c", run=RUN), (), [*of_run, reply("c", run=RUN, last=True)], MOST) is Speech.QUIET


@given(st.lists(st.tuples(st.integers(0, 30), st.sampled_from("abcdefgh"), st.booleans()), max_size=80))
def test_no_hour_and_no_run_hears_more_than_is_allowed(wanted: list[tuple[int, str, bool]]) -> None:
    """Whatever is to be said when: each hour of a conversation and each run stays within its limit."""
    said: list[Spoken] = []
    minute = 0
    for wait, text, of_run in wanted:
        minute += wait
        new = reply(text, minutes=minute, run=RUN if of_run else None)
        here = [each for each in said if each.at > new.at - HOUR]
        outcome = speech(new, here, [each for each in said if of_run and each.run], MOST)
        if outcome in (Speech.SAID, Speech.LAST):
            said.append(Spoken(new.at, new.digest, new.run, outcome is Speech.LAST))

    assert all(sum(one.at <= each.at < one.at + HOUR for each in said) <= 4 for one in said)
    assert sum(each.run is not None for each in said) <= 3


@pytest.mark.parametrize("mark", [marker(RUN), reply_marker("reply:1:issue:2")])
def test_our_own_words_are_known_again(mark: str) -> None:
    """Who sends back what we said is a program; who quotes us is a person."""
    assert repeats_us(f"Yes.\n\n{mark}\n/agent run `ls`")
    assert not repeats_us(f"> Yes.\n>\n> {mark}\n\n/agent run `ls`")


def test_the_server_sets_the_numbers() -> None:
    """What its file names holds, and the rest stays as it is built in."""
    file = server_file(b"rates: {person_commands: 3, same_reply_minutes: 0}")

    assert file.restraint() == Restraint(person_commands=3, same_reply_minutes=0)


def test_a_limit_of_nothing_is_refused() -> None:
    """Nobody can silence us by a slip: the least is told with the line."""
    with pytest.raises(UserError, match=r"rates\.replies_an_hour"):
        server_file(b"rates: {replies_an_hour: 0}")
